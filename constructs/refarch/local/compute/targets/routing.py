"""Where a load balancer sends a request: to a healthy target; to any registered one where none is, as on AWS."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from refarch.local import adapter
from refarch.local.compute.targets.membership import facts_of
from refarch.local.compute.targets.states import health

KINDS = ("instance", "ip")
Target = dict[str, Any]


def install() -> None:
    send, forward = adapter.read("request to a target"), adapter.read("forward to a target group")

    async def to_a_healthy_target(
        tg_arn: str,
        method: str,
        path: str,
        headers: Any,
        body: Any,
        query: Any,
        raw_query: str | None = None,
        raw_path: str | None = None,
    ) -> Any:
        group = adapter.read("target groups").get(tg_arn)
        registered = adapter.read("targets").get(tg_arn) or []
        if not registered or group is None or group.get("TargetType", "instance") not in KINDS:
            return await forward(tg_arn, method, path, headers, body, query, raw_query, raw_path)
        states = [health(facts_of(tg_arn, target))["State"] for target in registered]
        target = random.choice(serving(registered, states))  # noqa: S311 (nothing secret)
        return await send(target, group, method, raw_path or path, headers, body, query, raw_query)

    adapter.replace("forward to a target group", to_a_healthy_target)


def serving(registered: Sequence[Target], states: Sequence[str]) -> Sequence[Target]:
    """Those of the registered targets that get requests; `states` are theirs, in the same order."""
    return [target for target, state in zip(registered, states, strict=True) if state == "healthy"] or registered
