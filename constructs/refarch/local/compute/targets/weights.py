"""Listeners and rules that forward to several target groups by weight, as on AWS; the emulator knows one group.

`ForwardConfig` is kept as the API and stacks give it, told by DescribeListeners and DescribeRules, and each request
goes to a group by chance. Groups that weigh nothing get nothing; where none weighs anything, the answer is 503.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any
from xml.sax.saxutils import escape

from refarch.local import adapter

Action = dict[str, Any]
Group = dict[str, Any]
_MOST = 5  # target groups of one action, AWS's limit


def install() -> None:
    parse, tell = adapter.read("listener actions of a request"), adapter.read("listener action as XML")
    of_stack, execute = adapter.read("listener actions of a stack"), adapter.read("execute a listener action")

    def parsed(params: Any, prefix: str = "DefaultActions") -> list[Action]:
        actions: list[Action] = parse(params, prefix)
        for number, action in enumerate(actions, 1):
            if groups := _requested(params, f"{prefix}.member.{number}.ForwardConfig.TargetGroups.member"):
                _weigh(action, groups)
        return actions

    def of_properties(props: Any, lb_arn: str, prop: str = "DefaultActions") -> list[Action]:
        actions: list[Action] = of_stack(props, lb_arn, prop)
        for action, given in zip(actions, filter(_is_object, props.get(prop) or []), strict=True):
            groups = (given.get("ForwardConfig") or {}).get("TargetGroups") or []
            if groups:
                _weigh(action, [_group(each["TargetGroupArn"], each.get("Weight", 1)) for each in groups])
                _belong(groups, lb_arn)
        return actions

    async def executed(action: Action, *arguments: Any, **options: Any) -> Any:
        groups = (action.get("ForwardConfig") or {}).get("TargetGroups") or []
        if action.get("Type") != "forward" or len(groups) < 2:
            return await execute(action, *arguments, **options)
        chosen = choose(groups, random.random())  # noqa: S311 (nothing secret)
        if not chosen:
            return 503, {"Content-Type": "text/plain"}, b"no target group has a weight"
        return await execute({**action, "TargetGroupArn": chosen}, *arguments, **options)

    adapter.replace("listener actions of a request", parsed)
    adapter.replace("listener actions of a stack", of_properties)
    adapter.replace("listener action as XML", lambda action: _told(tell(_shown(action)), action))
    adapter.replace("execute a listener action", executed)


def choose(groups: Sequence[Group], chance: float) -> str:
    """The group at `chance` (0 to 1, without 1) of the sum of the weights; empty where all weigh nothing."""
    left = chance * sum(each["Weight"] for each in groups)
    for each in groups:
        if left < each["Weight"]:
            return str(each["TargetGroupArn"])
        left -= each["Weight"]
    return ""


def _is_object(value: object) -> bool:
    return isinstance(value, dict)


def _requested(params: Any, prefix: str) -> list[Group]:
    def value(name: str) -> str:
        found = params.get(name, "")
        return str(found[0] if isinstance(found, list) else found)

    numbers = [number for number in range(1, _MOST + 1) if value(f"{prefix}.{number}.TargetGroupArn")]
    return [_group(value(f"{prefix}.{each}.TargetGroupArn"), value(f"{prefix}.{each}.Weight") or 1) for each in numbers]


def _group(arn: str, weight: Any) -> Group:
    return {"TargetGroupArn": arn, "Weight": int(weight)}


def _weigh(action: Action, groups: list[Group]) -> None:
    action["ForwardConfig"] = {"TargetGroups": groups}
    action["TargetGroupArn"] = groups[0]["TargetGroupArn"]  # where the emulator looks for whom a listener serves


def _belong(groups: list[Group], balancer: str) -> None:
    """Each group is the load balancer's, not only the first, of which the emulator itself takes note."""
    known = adapter.read("target groups")
    for each in groups:
        group = known.get(each["TargetGroupArn"])
        if balancer and group is not None and balancer not in group.setdefault("LoadBalancerArns", []):
            group["LoadBalancerArns"].append(balancer)


def _shown(action: Action) -> Action:
    """AWS names a single group besides the configuration, several only in it."""
    groups = (action.get("ForwardConfig") or {}).get("TargetGroups") or []
    return {key: value for key, value in action.items() if key != "TargetGroupArn" or len(groups) < 2}


def _told(text: str, action: Action) -> str:
    groups = (action.get("ForwardConfig") or {}).get("TargetGroups") or []
    if not groups and action.get("Type") == "forward" and action.get("TargetGroupArn"):
        groups = [_group(action["TargetGroupArn"], 1)]
    if not groups:
        return text
    members = "".join(
        f"<member><TargetGroupArn>{escape(each['TargetGroupArn'])}</TargetGroupArn><Weight>{each['Weight']}</Weight></member>"
        for each in groups
    )
    sticky = "<TargetGroupStickinessConfig><Enabled>false</Enabled></TargetGroupStickinessConfig>"
    config = f"<ForwardConfig><TargetGroups>{members}</TargetGroups>{sticky}</ForwardConfig>"
    return text.removesuffix("</member>") + config + "</member>"
