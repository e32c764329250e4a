"""The signal of an instance that has booted: what cfn-signal in its user data would send.

Nothing runs in an instance, so what it would say of itself is chosen: SUCCESS, unless a test asks for a failure or for
silence. A literal exit code (`-e 1`, `--success false`) is taken at its word. A signal that somebody sent before with
the same id (the instance's) counts instead.
"""

from __future__ import annotations

import base64
import binascii
import re
import time
from dataclasses import dataclass

from refarch.local import adapter
from refarch.local.compute import instances, scope
from refarch.local.compute.scaling.replacing import signals

OUTCOMES = {"success": "SUCCESS", "failure": "FAILURE", "silence": ""}
CALL = re.compile(r"cfn-signal(?:\.exe)?\b([^\n;|&]*)")
OPTION = re.compile(r"--(stack|resource)[=\s]+['\"]?([^\s'\"]+)")
EXIT = re.compile(r"(?:-e|--exit-code)[=\s]+['\"]?(\d+)\b|(?:-s|--success)[=\s]+['\"]?(true|false)\b", re.IGNORECASE)
PATIENCE, LOOK = 10.0, 0.1  # real seconds: a wait condition may begin to wait after the instance runs
_outcome = "success"


@dataclass(frozen=True, order=True)
class Call:
    """Which resource of which stack (name or ARN) is signalled; `fails`: by its own words, whatever happened before."""

    stack: str
    resource: str
    fails: bool = False


def install() -> None:
    instances.listen(_on_state)


def outcome() -> str:
    return _outcome


def choose(wanted: str) -> None:
    """What instances that boot from now on signal. Raises `ValueError`."""
    global _outcome
    if wanted not in OUTCOMES:
        raise ValueError(f"the outcome is {wanted!r}, allowed are {', '.join(OUTCOMES)}")
    _outcome = wanted


def calls_of(user_data: str | None) -> list[Call]:
    """The calls of cfn-signal with a stack and a resource in base64-encoded user data, each once."""
    try:
        script = base64.b64decode(user_data or "").decode(errors="replace")
    except (binascii.Error, ValueError):
        return []
    found = set()
    for arguments in CALL.findall(re.sub(r"[\\`]\r?\n", " ", script)):
        named = dict(OPTION.findall(arguments))
        if {"stack", "resource"} <= named.keys():
            found.add(Call(named["stack"], named["resource"], _fails(arguments)))
    return sorted(found)


def _fails(arguments: str) -> bool:
    told = EXIT.search(arguments)
    return told is not None and (told[1] or "0").strip("0") + (told[2] or "").lower().removeprefix("true") != ""


def _on_state(instance_id: str, state: str) -> None:
    status = OUTCOMES[_outcome]
    record = instances.find(instance_id)
    if state != "running" or not status or record is None:
        return
    for call in calls_of(record.get("UserData")):
        told = "FAILURE" if call.fails else status
        scope.spawn(f"signal-{instance_id}", _send, call, instance_id, told)


def _send(call: Call, instance_id: str, status: str) -> None:
    end = time.monotonic() + PATIENCE
    while (stack_id := _in_progress(call.stack)) and time.monotonic() < end:
        if signals.send(stack_id, call.resource, instance_id, status):
            return
        time.sleep(LOOK)


def _in_progress(name: str) -> str | None:
    """The id of a stack that is being made or changed; None for any other."""
    stacks = adapter.read("stacks").values()
    found = [stack for stack in stacks if name in (stack.get("StackName"), stack.get("StackId"))]
    return next((str(one["StackId"]) for one in found if str(one.get("StackStatus")).endswith("IN_PROGRESS")), None)
