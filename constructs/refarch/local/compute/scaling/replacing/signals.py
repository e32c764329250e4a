"""Signals to a resource that CloudFormation is making or replacing: `SignalResource`, which cfn-signal calls."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from refarch.local import adapter, clock
from refarch.local.compute.scaling.replacing import policies
from refarch.local.compute.scaling.replacing.definitions import Definition
from refarch.local.compute.scaling.replacing.policies import Signals

LOOK = 0.25
CREATING, UPDATING = "CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS"
ROLLING_BACK = ("ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_IN_PROGRESS")
PARAMETERS = ("StackName", "LogicalResourceId", "UniqueId", "Status")
LONGEST_ID = 64


@dataclass(eq=False)
class Slot:
    """The signals of one resource while something waits for them; a repeated id counts once, as on AWS."""

    definition: Definition
    status: str  # of the stack's events while it waits
    received: dict[str, str] = field(default_factory=dict)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def receive(self, unique_id: str, status: str) -> None:
        with self.changed:
            if unique_id in self.received:
                return
            self.received[unique_id] = status
            self.changed.notify_all()
        self.definition.tell(self.status, f"Received {status} signal with UniqueId {unique_id}")

    def wait(self, wanted: Signals, base: int = 0) -> str:
        """ "" when enough came within the (simulated) time, else why not; the first `base` signals do not count."""
        deadline = time.monotonic() + clock.scaled(wanted.seconds)
        with self.changed:
            while True:
                statuses = list(self.received.values())[base:]
                late = time.monotonic() >= deadline
                counts = statuses.count("SUCCESS"), statuses.count("FAILURE")
                answer = policies.verdict(wanted, *counts, late=late)
                if answer is not None:
                    return answer
                self.changed.wait(min(LOOK, max(0.0, deadline - time.monotonic())))


_slots: dict[tuple[str, str], Slot] = {}


def install() -> None:
    stock = adapter.read("signal to a resource")
    adapter.replace("signal to a resource", _signalled(stock))
    actions = adapter.read("CloudFormation actions")
    actions["SignalResource"] = _also_while_rolling_back(actions["SignalResource"])


@contextmanager
def expected(definition: Definition, status: str) -> Iterator[Slot]:
    """From now on signals for this resource are taken, also before anybody waits for them."""
    slot = _slots[definition.stack_id, definition.logical_id] = Slot(definition, status)
    try:
        yield slot
    finally:
        _slots.pop((definition.stack_id, definition.logical_id), None)


def send(stack_id: str, logical_id: str, unique_id: str, status: str) -> bool:
    """Signal a resource; False when nothing waits there."""
    return bool(adapter.read("signal to a resource")(stack_id, logical_id, unique_id, status))


def forget() -> None:
    _slots.clear()


def _signalled(stock: Callable[..., Any]) -> Callable[..., Any]:
    def signal_resource(stack_id: str, logical_id: str, unique_id: str, status: str) -> bool:
        slot = _slots.get((stack_id, logical_id))
        if slot is None:
            return bool(stock(stack_id, logical_id, unique_id, status))
        slot.receive(unique_id, status)
        return True

    return signal_resource


def _also_while_rolling_back(stock: Callable[..., Any]) -> Callable[..., Any]:
    """A rollback makes instances of the old template and waits for their signals, too; ministack refuses them then."""

    def signal_resource(request: Any) -> Any:
        stack, logical, unique, status = (_given(request, name) for name in PARAMETERS)
        found = adapter.read("stack of a reference")(stack) or {}
        slot = _slots.get((str(found.get("StackId")), logical))
        if slot is None or found.get("StackStatus") not in ROLLING_BACK or not _valid(unique, status):
            return stock(request)
        slot.receive(unique, status)
        return adapter.read("CloudFormation answer")(200, "SignalResourceResponse", "")

    return signal_resource


def _given(request: Any, name: str) -> str:
    return str(adapter.read("parameter of a query")(request, name))


def _valid(unique_id: str, status: str) -> bool:
    return 0 < len(unique_id) <= LONGEST_ID and status in ("SUCCESS", "FAILURE")
