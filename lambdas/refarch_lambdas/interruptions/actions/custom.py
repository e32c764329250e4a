"""Actions of somebody's own: a module with `run(case, clients)`, which the construct puts into the function's code."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from refarch_lambdas.interruptions.interruption import Case, Outcome
from refarch_lambdas.interruptions.survey import Clients

PACKAGE = "responder_actions"
"""Where the modules lie in the function's code."""

Run = Callable[[Case, Clients], Outcome | None]


class CustomAction:
    """Runs the function. None for an answer means that nothing was to do; an error is a problem that is tried again."""

    def __init__(self, name: str, run: Run, clients: Clients) -> None:
        self.name, self._run, self._clients = name, run, clients

    @classmethod
    def load(cls, name: str, clients: Clients) -> CustomAction:
        """The action in the module `name`. Raises `ImportError` or `AttributeError` where there is none."""
        return cls(name, import_module(f"{PACKAGE}.{name}").run, clients)

    def run(self, case: Case) -> Outcome:
        return self._run(case, self._clients) or Outcome()
