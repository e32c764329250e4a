"""Lets an instance go that waits at a lifecycle hook of the responder's, when there is nothing to wait for."""

from __future__ import annotations

from functools import partial

from refarch_lambdas.interruptions.interruption import LIFECYCLE, Case, Outcome, Problem
from refarch_lambdas.interruptions.refusals import attempt
from refarch_lambdas.interruptions.settings import COMPLETE, DEREGISTER
from refarch_lambdas.interruptions.survey import Clients


class CompleteLifecycle:
    """Completes the lifecycle action of an instance that had no target to drain and is in no cluster.

    Every other instance waits until the hook's heartbeat ends, which is the drain budget: nobody knows sooner that the
    last request has been answered. Hooks of others (ECS has its own) are theirs to complete.
    """

    name = COMPLETE

    def __init__(self, clients: Clients, hooks: tuple[str, ...]) -> None:
        self._clients, self._hooks = clients, hooks

    def run(self, case: Case) -> Outcome:
        interruption = case.interruption
        ours = interruption.signal == LIFECYCLE and interruption.lifecycle_hook in self._hooks
        if not ours or not _nothing_drains(case):
            return Outcome()
        problems: list[Problem] = []
        call = partial(
            self._clients("autoscaling").complete_lifecycle_action,
            LifecycleHookName=interruption.lifecycle_hook,
            AutoScalingGroupName=interruption.auto_scaling_group,
            LifecycleActionToken=interruption.lifecycle_token,
            InstanceId=interruption.instance_id,
            LifecycleActionResult="CONTINUE",
        )
        done = attempt(self.name, interruption.lifecycle_hook, call, problems) is not None
        return Outcome(done=(f"{interruption.lifecycle_hook} completed",) if done else (), problems=tuple(problems))


def _nothing_drains(case: Case) -> bool:
    """What an earlier attempt has done is not among the outcomes: then nothing is known, and the instance waits."""
    left = case.outcomes.get(DEREGISTER)
    return case.container is None and left is not None and not left.done and not left.problems
