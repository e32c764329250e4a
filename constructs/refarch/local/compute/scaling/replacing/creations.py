"""CreationPolicy: a group or an instance is made when it has signalled so often, or is not made at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from refarch.local import adapter
from refarch.local.compute.scaling.replacing import definitions, policies, signals
from refarch.local.compute.scaling.replacing.definitions import Definition
from refarch.local.compute.scaling.replacing.policies import Signals

INSTANCE = "AWS::EC2::Instance"


@dataclass(frozen=True)
class Awaited:
    """The signals that a creation waits for; `slot` None where none are wanted."""

    slot: signals.Slot | None
    wanted: Signals | None

    def wait(self) -> None:
        """Raises `ValueError` in CloudFormation's words."""
        if self.slot is None or self.wanted is None:
            return
        problem = self.slot.wait(self.wanted)
        if problem:
            raise ValueError(problem)


@contextmanager
def awaited(definition: Definition) -> Iterator[Awaited]:
    """Take signals for what is made inside of the block. Raises `ValueError` for a policy that cannot be."""
    wanted = policies.creation(definition.attributes)
    if wanted is None:
        yield Awaited(None, None)
        return
    with signals.expected(definition, signals.CREATING) as slot:
        yield Awaited(slot, wanted)


def install() -> None:
    """Let single instances wait for their signals, too. Called when every type has its handler."""
    handler = adapter.read("handlers of resource types")[INSTANCE]
    handler["create"] = _creating(handler["create"], handler["delete"])
    stock = adapter.read("runs on a worker thread")
    adapter.replace("runs on a worker thread", lambda resource_type: resource_type == INSTANCE or stock(resource_type))


def _creating(stock: Callable[..., Any], delete: Callable[..., Any]) -> Callable[..., Any]:
    def create(logical_id: str, props: Mapping[str, Any], stack_name: str) -> Any:
        with awaited(definitions.of(stack_name, logical_id, INSTANCE)) as expected:
            made = stock(logical_id, props, stack_name)
            try:
                expected.wait()
            except ValueError:
                delete(made[0], props)
                raise
        return made

    return create
