"""Runs a Systems Manager document on the instance while it still lives; instances opt in by tag."""

from __future__ import annotations

from functools import partial

from refarch_lambdas.interruptions.interruption import Case, Outcome, Problem
from refarch_lambdas.interruptions.refusals import attempt
from refarch_lambdas.interruptions.settings import COMMAND
from refarch_lambdas.interruptions.survey import Clients

_DELIVERY_SECONDS = 30
"""Systems Manager's shortest. A command that is not delivered by then would come too late."""


class RunCommand:
    """The document must be one for commands that takes no parameters, or has defaults for them."""

    name = COMMAND

    def __init__(self, clients: Clients, document: str, tag: str) -> None:
        self._clients, self._document, self._tag = clients, document, tag

    def run(self, case: Case) -> Outcome:
        instance = case.instance
        if instance.state != "running" or instance.tags.get(self._tag, "").lower() != "true":
            return Outcome()
        problems: list[Problem] = []
        call = partial(
            self._clients("ssm").send_command,
            DocumentName=self._document,
            InstanceIds=[instance.instance_id],
            TimeoutSeconds=_DELIVERY_SECONDS,
            Comment=f"{case.interruption.signal} of {instance.instance_id}",
        )
        answer = attempt(self.name, self._document, call, problems)
        done = (f"{self._document} sent as {answer['Command']['CommandId']}",) if answer else ()
        return Outcome(done=done, problems=tuple(problems))
