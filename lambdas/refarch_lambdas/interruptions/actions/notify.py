"""Tells people, once for each interruption: which instance, of which cluster, and what was done."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

from refarch_lambdas.interruptions.interruption import Case, Outcome, Problem
from refarch_lambdas.interruptions.refusals import attempt
from refarch_lambdas.interruptions.settings import NOTIFY
from refarch_lambdas.interruptions.survey import Clients

_SUBJECT_CHARACTERS = 100


class Notify:
    """One message to a topic: a subject that a person reads, and JSON that a program can."""

    name = NOTIFY

    def __init__(self, clients: Clients, topic: str) -> None:
        self._clients, self._topic = clients, topic

    def run(self, case: Case) -> Outcome:
        problems: list[Problem] = []
        call = partial(
            self._clients("sns").publish,
            TopicArn=self._topic,
            Subject=f"{case.interruption.signal} of {case.instance.instance_id}"[:_SUBJECT_CHARACTERS],
            Message=json.dumps(message_of(case), indent=2),
        )
        answer = attempt(self.name, self._topic, call, problems)
        return Outcome(done=(f"told {self._topic}",) if answer is not None else (), problems=tuple(problems))


def message_of(case: Case) -> dict[str, Any]:
    """What the message says. The names of the first two details are those of the original's message."""
    interruption, instance, container = case.interruption, case.instance, case.container
    return {
        "cluster": container.cluster if container else None,
        "container_instance": container.arn if container else None,
        "instance": instance.instance_id,
        "auto_scaling_group": instance.auto_scaling_group,
        "instance_type": instance.instance_type,
        "zone": instance.zone,
        "signal": interruption.signal,
        "effect": interruption.effect,
        "region": interruption.region,
        "done": {name: list(outcome.done) for name, outcome in case.outcomes.items() if outcome.done},
        "problems": [each.what for outcome in case.outcomes.values() for each in outcome.problems],
    }
