"""Takes an instance out of its target groups, so that no new request reaches it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from refarch_lambdas.interruptions.interruption import Case, Outcome, Problem
from refarch_lambdas.interruptions.refusals import attempt
from refarch_lambdas.interruptions.settings import DEREGISTER
from refarch_lambdas.interruptions.survey import Clients
from refarch_lambdas.interruptions.targets import group_arns_of, named_groups, registrations_of


class Deregister:
    """The groups that the instance's tags name, and those of its Auto Scaling group; never those ECS owns."""

    name = DEREGISTER

    def __init__(self, clients: Clients, owned: Callable[[], set[str]], *, discover: bool = True) -> None:
        self._clients, self._owned, self._discover = clients, owned, discover

    def run(self, case: Case) -> Outcome:
        problems: list[Problem] = []
        groups = self._groups(case, problems)
        if not groups:
            return Outcome(problems=tuple(problems))
        owned = attempt(self.name, "services of the clusters", self._owned, problems)
        if owned is None:  # not knowing them is no licence to touch them
            return Outcome(problems=tuple(problems))
        done = [line for arn in groups if arn not in owned for line in self._leave(case, arn, problems)]
        return Outcome(done=tuple(done), problems=tuple(problems))

    def _groups(self, case: Case, problems: list[Problem]) -> list[str]:
        arns, names, strange = named_groups(case.instance.tags)
        for entry in strange:
            what = f"tag names {entry!r}, allowed: ARNs or names of target groups"
            problems.append(Problem(action=self.name, what=what, again=False))
        found = [arn for name in names for arn in self._by_name(name, problems)]
        return list(dict.fromkeys([*arns, *found, *self._of_group(case.instance.auto_scaling_group, problems)]))

    def _by_name(self, name: str, problems: list[Problem]) -> list[str]:
        call = partial(self._clients("elbv2").describe_target_groups, Names=[name])
        answer = attempt(self.name, f"target group {name}", call, problems)
        return [each["TargetGroupArn"] for each in answer["TargetGroups"]] if answer else []

    def _of_group(self, group: str | None, problems: list[Problem]) -> list[str]:
        if not group or not self._discover:
            return []
        call = partial(self._clients("autoscaling").describe_auto_scaling_groups, AutoScalingGroupNames=[group])
        answer = attempt(self.name, f"Auto Scaling group {group}", call, problems)
        return [arn for each in (answer or {}).get("AutoScalingGroups", ()) for arn in group_arns_of(each)]

    def _leave(self, case: Case, arn: str, problems: list[Problem]) -> list[str]:
        elbv2 = self._clients("elbv2")
        health = attempt(self.name, arn, partial(elbv2.describe_target_health, TargetGroupArn=arn), problems)
        targets = registrations_of(case.instance, health["TargetHealthDescriptions"]) if health else []
        if not targets:
            return []
        call = partial(elbv2.deregister_targets, TargetGroupArn=arn, Targets=targets)
        if attempt(self.name, arn, call, problems) is None:
            return []
        return [f"{target['Id']}:{target.get('Port', '')} left {arn}" for target in targets]
