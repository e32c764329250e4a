"""What a template says of a resource beside its properties, as the running stack operation sees it."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from refarch.local import adapter

_applied: dict[tuple[str, str], Mapping[str, Any]] = {}


@dataclass(frozen=True)
class Definition:
    """`attributes`: UpdatePolicy and CreationPolicy, resolved."""

    stack_id: str
    stack_name: str
    logical_id: str
    resource_type: str
    attributes: Mapping[str, Any]
    rolling_back: bool = False

    def tell(self, status: str, reason: str, physical_id: str = "") -> None:
        """Put a line among the events of the stack."""
        adapter.read("stack event")(
            self.stack_id, self.stack_name, self.logical_id, self.resource_type, status, reason, physical_id
        )

    def applied(self) -> None:
        """The resource is what this definition says: a later update that is rolled back goes by it."""
        _applied[self.stack_id, self.logical_id] = self.attributes


def of(stack_name: str, logical_id: str, resource_type: str) -> Definition:
    """The definition in force: while an update is rolled back, the one from before it, as on AWS."""
    stack = adapter.read("stacks").get(stack_name) or {}
    stack_id = str(stack.get("StackId") or "")
    kept, back = _applied.get((stack_id, logical_id)), "ROLLBACK" in str(stack.get("StackStatus"))
    if kept is not None and back:
        return Definition(stack_id, stack_name, logical_id, resource_type, kept, rolling_back=True)
    told = adapter.read("definition of a resource")(stack_name, logical_id)
    wanted = {name: copy.deepcopy(told[name]) for name in ("UpdatePolicy", "CreationPolicy") if told.get(name)}
    return Definition(stack_id, stack_name, logical_id, resource_type, _resolved(wanted, stack, stack_name), back)


def forget() -> None:
    _applied.clear()


def _resolved(value: Any, stack: Mapping[str, Any], stack_name: str) -> Any:
    template = stack.get("_template") or {}
    given = stack.get("_resources") or {}, stack.get("_resolved_params") or {}, stack.get("_conditions") or {}
    return adapter.read("resolved references")(
        value, *given, template.get("Mappings") or {}, stack_name, stack.get("StackId")
    )
