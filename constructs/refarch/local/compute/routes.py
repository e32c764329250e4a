"""What drives simulated compute over HTTP: `POST` on `/_refarch/interrupt`, `/_refarch/emit` and `/_refarch/boots`."""

from __future__ import annotations

from typing import Any

from refarch.local import control
from refarch.local.compute import events, spot
from refarch.local.compute.scaling.replacing import boots

INTERRUPT_FIELDS = {"instance-id", "action", "notice", "rebalance"}


def install() -> None:
    control.register("POST", "interrupt", _interrupt)
    control.register("POST", "emit", _emit)
    control.register("POST", "boots", _boots)


def _interrupt(request: control.Request) -> Any:
    """`{"instance-id": …, "action": "terminate", "notice": 120, "rebalance": false}`.

    With `rebalance` true only the recommendation is sent.
    """
    asked = request.document
    problems = _problems(asked)
    if problems:
        raise control.ControlError("; ".join(problems))
    if asked.get("rebalance"):
        return spot.recommend(asked["instance-id"])
    return spot.interrupt(asked["instance-id"], asked.get("action", "terminate"), asked.get("notice", spot.NOTICE))


def _problems(asked: Any) -> list[str]:
    if not isinstance(asked, dict):
        return ["the request is not a JSON object"]
    lines = [f"`{name}` is unknown" for name in sorted(set(asked) - INTERRUPT_FIELDS)]
    if not isinstance(asked.get("instance-id"), str):
        lines.append("`instance-id` must be text such as 'i-0123456789abcdef0'")
    notice = asked.get("notice", spot.NOTICE)
    if isinstance(notice, bool) or not isinstance(notice, int | float):
        lines.append(f"`notice` is {notice!r}, it must be a number of seconds")
    return lines


def _emit(request: control.Request) -> Any:
    """The event itself, or `{"event": …, "bus": …}` for a bus other than the default one."""
    asked = request.document
    if isinstance(asked, dict) and "event" in asked and "detail-type" not in asked:
        return events.relay(asked["event"], asked.get("bus", "default"))
    return events.relay(asked)


def _boots(request: control.Request) -> Any:
    """`{"signal": "success"}`, `"failure"` or `"silence"`: what instances that boot from now on tell CloudFormation."""
    asked = request.document
    if not isinstance(asked, dict) or set(asked) != {"signal"}:
        raise control.ControlError('the request must be {"signal": "success"}, "failure" or "silence"')
    boots.choose(asked["signal"])
    return {"signal": boots.outcome()}
