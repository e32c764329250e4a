"""Puts the ECS container instance in DRAINING: no new tasks, and its services' tasks are replaced elsewhere."""

from __future__ import annotations

from functools import partial

from refarch_lambdas.interruptions.interruption import Case, ContainerInstance, Outcome, Problem
from refarch_lambdas.interruptions.refusals import attempt
from refarch_lambdas.interruptions.settings import DRAIN
from refarch_lambdas.interruptions.survey import Clients


class Drain:
    """One call, and none where the instance drains already (its own agent may have been faster)."""

    name = DRAIN

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def run(self, case: Case) -> Outcome:
        container = case.container
        if container is None or container.status != "ACTIVE":
            return Outcome()
        problems: list[Problem] = []
        call = partial(
            self._clients("ecs").update_container_instances_state,
            cluster=container.cluster,
            containerInstances=[container.arn],
            status="DRAINING",
        )
        answer = attempt(self.name, container.arn, call, problems)
        for failure in (answer or {}).get("failures", ()):
            problems.append(Problem(action=self.name, what=f"{container.arn}: {failure.get('reason')}"))
        if problems or answer is None:
            return Outcome(problems=tuple(problems))
        return Outcome(done=(f"{container.arn} drains", *self._alone(container)))

    def _alone(self, container: ContainerInstance) -> list[str]:
        """Tasks that no service replaces: DRAINING leaves them, and they end with the instance. People are told."""
        ecs, unheard = self._clients("ecs"), list[Problem]()
        where = {"cluster": container.cluster, "containerInstance": container.arn}
        listed = attempt(self.name, container.arn, partial(ecs.list_tasks, **where), unheard)
        if not listed or not listed["taskArns"]:
            return []
        call = partial(ecs.describe_tasks, cluster=container.cluster, tasks=listed["taskArns"])
        tasks = (attempt(self.name, container.arn, call, unheard) or {}).get("tasks", ())
        alone = [each["taskArn"] for each in tasks if not str(each.get("group", "")).startswith("service:")]
        return [f"{arn} belongs to no service and ends with the instance" for arn in alone]
