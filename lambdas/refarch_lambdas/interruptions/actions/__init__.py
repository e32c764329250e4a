"""What a responder can do, one module each, and the shape that they share."""

from __future__ import annotations

from typing import Protocol

from refarch_lambdas.interruptions.interruption import Case, Outcome


class Action(Protocol):
    """One thing to do for an interruption. Running it again when all is done must change nothing."""

    @property
    def name(self) -> str:
        """As in `settings.EVERY_ACTION`, or a name of your own."""

    def run(self, case: Case) -> Outcome:
        """Do it. Errors of AWS belong into the outcome's problems, so that the rest is done nevertheless."""
