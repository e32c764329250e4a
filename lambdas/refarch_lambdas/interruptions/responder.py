"""From an event to actions: look the instance up, decide, act, remember; and fail at the end with all problems."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from refarch_lambdas.interruptions.actions import Action
from refarch_lambdas.interruptions.interruption import Case, ContainerInstance, Instance, Interruption, Outcome, Problem
from refarch_lambdas.interruptions.ledger import Claim, Ledger
from refarch_lambdas.interruptions.refusals import AWS_ERRORS, problem
from refarch_lambdas.interruptions.settings import DRAIN, NOTIFY, Settings, actions_for, looks_after
from refarch_lambdas.interruptions.survey import Clients, find_container_instance, find_instance

PAUSES = (1.0, 3.0)
"""Seconds before the second and third round. Lambda's own retry comes a minute later, half the notice."""

HANDLED, FAILED = "handled", "failed"
DUPLICATE, IN_HAND = "duplicate", "in hand of another invocation"
NOT_OURS, UNKNOWN, ELSEWHERE = "not looked after", "unknown instance", "another region"


class PartialFailureError(RuntimeError):
    """Something was not done. The message lists every problem; a retry does what is left and no more."""


@dataclass(frozen=True, kw_only=True)
class Report:
    """What came of an interruption. `outcomes`: of the actions that ran now."""

    interruption: Interruption
    verdict: str
    outcomes: Mapping[str, Outcome] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()


class Responder:
    """Answers interruptions with `actions`, in their order. It keeps nothing between events, so one serves them all."""

    def __init__(
        self,
        settings: Settings,
        clients: Clients,
        actions: Sequence[Action],
        ledger: Ledger,
        *,
        region: str,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._settings, self._clients, self._actions, self._ledger = settings, clients, actions, ledger
        self._region, self._clock, self._sleep = region, clock, sleep

    def respond(self, interruption: Interruption, *, owner: str, deadline: float) -> Report:
        """Never raises for what AWS refuses: the report has the problems.

        `owner`: the id of this invocation, the same when Lambda tries it again. `deadline`: epoch seconds of its end.
        """
        if interruption.region != self._region:
            return Report(interruption=interruption, verdict=ELSEWHERE)
        problems: list[Problem] = []
        case = self._find(interruption, problems, deadline)
        if case is not None and looks_after(self._settings, case.instance, case.container is not None):
            return self._handle(case, problems, owner, deadline)
        # Where something did not answer, an instance that was not found may still be ours: that is a failure.
        verdict = FAILED if problems else UNKNOWN if case is None else NOT_OURS
        return Report(interruption=interruption, verdict=verdict, problems=tuple(problems))

    def _find(self, interruption: Interruption, problems: list[Problem], deadline: float) -> Case | None:
        """All that is known of the instance; asked again, while there is time, where something did not answer."""
        case = self._look(interruption, problems)
        for pause in PAUSES:
            if not any(each.again for each in problems) or self._clock() + pause >= deadline:
                break
            self._sleep(pause)
            problems.clear()
            case = self._look(interruption, problems)
        return case

    def _look(self, interruption: Interruption, problems: list[Problem]) -> Case | None:
        try:
            instance = find_instance(self._clients, interruption.instance_id)
        except AWS_ERRORS as error:
            problems.append(problem("look up", interruption.instance_id, error))
            return None
        container = self._container(interruption.instance_id, problems)
        if instance is None and container is None:
            return None
        known = instance or Instance(instance_id=interruption.instance_id, state="terminated")
        group = known.auto_scaling_group or interruption.auto_scaling_group
        return Case(interruption=interruption, instance=replace(known, auto_scaling_group=group), container=container)

    def _container(self, instance_id: str, problems: list[Problem]) -> ContainerInstance | None:
        for cluster in self._settings.clusters:
            try:
                if found := find_container_instance(self._clients, cluster, instance_id):
                    return found
            except AWS_ERRORS as error:
                problems.append(problem("look up", f"{instance_id} in {cluster}", error))
        return None

    def _handle(self, case: Case, problems: list[Problem], owner: str, deadline: float) -> Report:
        wanted = actions_for(self._settings, case.interruption.signal)
        if problems:  # a cluster did not answer: nobody knows yet whether there is something to drain
            wanted = tuple(name for name in wanted if name != DRAIN)
        claim = self._claim(case, problems, owner, deadline)
        left = [each for each in self._actions if each.name in wanted and each.name not in claim.done]
        if not claim.taken or not left:
            if claim.taken:
                self._close(case, claim, problems, complete=not problems)
            verdict = DUPLICATE if claim.taken else IN_HAND
            return Report(interruption=case.interruption, verdict=verdict, problems=tuple(problems))
        outcomes = self._rounds(case, claim, [each for each in left if each.name != NOTIFY], problems, deadline)
        for each in (each for each in left if each.name == NOTIFY):  # with what all others did, or could not do
            outcomes[each.name] = self._run(each, replace(case, outcomes=outcomes), claim, problems)
        problems += [found for outcome in outcomes.values() for found in outcome.problems]
        self._close(case, claim, problems, complete=not problems)
        verdict = FAILED if problems else HANDLED
        return Report(interruption=case.interruption, verdict=verdict, outcomes=outcomes, problems=tuple(problems))

    def _rounds(
        self, case: Case, claim: Claim, left: list[Action], problems: list[Problem], deadline: float
    ) -> dict[str, Outcome]:
        """Runs every action, and again those whose problems may pass, while there is time."""
        outcomes: dict[str, Outcome] = {}
        for pause in (0.0, *PAUSES):
            if not left or (pause and self._clock() + pause >= deadline):
                break
            self._sleep(pause)
            for each in left:
                before = outcomes.get(each.name, Outcome()).done
                outcomes[each.name] = self._run(each, replace(case, outcomes=outcomes), claim, problems, before)
            left = [each for each in left if any(found.again for found in outcomes[each.name].problems)]
        return outcomes

    def _run(
        self, action: Action, case: Case, claim: Claim, problems: list[Problem], before: tuple[str, ...] = ()
    ) -> Outcome:
        try:
            outcome = action.run(case)
            outcome = replace(outcome, done=(*before, *outcome.done))
        except Exception as error:  # an action of somebody's own must not stop the others
            outcome = Outcome(done=before, problems=(problem(action.name, "failed", error),))
        try:
            self._ledger.record(case, claim, action.name, outcome, self._clock())
        except AWS_ERRORS as error:
            problems.append(problem("log", action.name, error))
        return outcome

    def _claim(self, case: Case, problems: list[Problem], owner: str, deadline: float) -> Claim:
        try:
            return self._ledger.claim(case, owner=owner, now=self._clock(), until=deadline)
        except AWS_ERRORS as error:
            # An interruption log that is down must not keep an instance in traffic: act, and say so.
            problems.append(problem("log", "claim", error))
            return Claim(key="")

    def _close(self, case: Case, claim: Claim, problems: list[Problem], *, complete: bool) -> None:
        try:
            self._ledger.close(case, claim, complete=complete)
        except AWS_ERRORS as error:
            problems.append(problem("log", "close", error))
