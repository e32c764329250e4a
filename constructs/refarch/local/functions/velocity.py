"""Renders mapping templates as API Gateway does: Velocity with `$input`, `$util`, `$context`, `$stageVariables`.

Pure: no AWS and no emulator. Sources: "Mapping template variable reference" in the API Gateway guide, and the
Velocity user guide.
"""

from __future__ import annotations

import contextlib
import json
import operator
from collections.abc import Callable, Mapping
from typing import Any

from refarch.local.functions.velocity_expressions import Node, TemplateError
from refarch.local.functions.velocity_methods import call, index, plain, prop
from refarch.local.functions.velocity_parser import Parser

__all__ = ["Template", "TemplateError"]
QUIET_ROOTS = ("input", "util", "context", "stageVariables")  # what is unknown below them is empty
LONGEST_LOOP = 1000  # API Gateway's limit of #foreach


def _quotient(left: float, right: float) -> float:
    whole = isinstance(left, int) and isinstance(right, int)
    return int(left / right) if whole else left / right


OPERATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": _quotient,
    "%": lambda left, right: left - right * int(left / right),
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
    "lt": operator.lt,
    "gt": operator.gt,
    "le": operator.le,
    "ge": operator.ge,
}


class _Stop(Exception):
    """#stop."""


class _Break(Exception):
    """#break."""


class Template:
    """One rendering: the variables (set ones too) are in `variables` afterwards."""

    def __init__(self, text: str, variables: Mapping[str, Any]) -> None:
        self._nodes, _ = Parser(text).block()
        self.variables: dict[str, Any] = dict(variables)
        self._out: list[str] = []

    def render(self) -> str:
        """The text. Raises TemplateError for a loop without end."""
        with contextlib.suppress(_Stop):
            self._block(self._nodes)
        return "".join(self._out)

    def _block(self, nodes: list[Any]) -> None:
        for node in nodes:
            if isinstance(node, str):
                self._out.append(node)
            else:
                getattr(self, f"_do_{node.kind}")(node)

    def _do_reference(self, node: Node) -> None:
        value = self.value(node)
        if value is not None:
            self._out.append(shown(value))
        elif not node.quiet and node.parts[0] not in QUIET_ROOTS:
            self._out.append(node.source)

    def _do_set(self, node: Node) -> None:
        target, value = node.parts[0], self.value(node.parts[1])
        name, steps = target.parts
        if value is None:
            return  # Velocity 1.x leaves the variable as it was
        if not steps:
            self.variables[name] = value
            return
        holder = self.value(Node("reference", [name, steps[:-1]]))
        if isinstance(holder, dict):
            last = steps[-1].parts[0]
            holder[last if steps[-1].kind == "property" else self.value(last)] = value

    def _do_if(self, node: Node) -> None:
        for condition, body in node.parts:
            if condition is None or truth(self.value(condition)):
                self._block(body)
                return

    def _do_foreach(self, node: Node) -> None:
        target, items, body = node.parts
        found = self.value(items)
        found = list(found.values()) if isinstance(found, dict) else list(found) if isinstance(found, list) else []
        if len(found) > LONGEST_LOOP:
            raise TemplateError(f"#foreach over {len(found)} items; API Gateway allows {LONGEST_LOOP}")
        outer = self.variables.get("foreach")
        for position, item in enumerate(found):
            self.variables[target.parts[0]] = item
            place = {"index": position, "count": position + 1, "hasNext": position + 1 < len(found)}
            self.variables |= {"foreach": place | {"first": position == 0, "last": not place["hasNext"]}}
            self.variables["velocityCount"] = position + 1
            try:
                self._block(body)
            except _Break:
                break
        self.variables["foreach"] = outer

    def _do_break(self, node: Node) -> None:
        raise _Break

    def _do_stop(self, node: Node) -> None:
        raise _Stop

    def value(self, node: Any) -> Any:
        """The value of an expression; None for what is unknown."""
        if not isinstance(node, Node):
            return node
        return getattr(self, f"_value_of_{node.kind}")(node)

    def _value_of_reference(self, node: Node) -> Any:
        name, steps = node.parts
        value = self.variables.get(name)
        for step in steps:
            if value is None:
                return None
            if step.kind == "call":
                value = call(value, step.parts[0], [self.value(part) for part in step.parts[1]])
            else:
                value = prop(value, step.parts[0]) if step.kind == "property" else index(value, self.value(*step.parts))
        return value

    def _value_of_text(self, node: Node) -> str:
        inner = Template("", {})
        inner._nodes, inner.variables = node.parts, self.variables
        return inner.render()

    def _value_of_list(self, node: Node) -> list[Any]:
        return [self.value(part) for part in node.parts]

    def _value_of_map(self, node: Node) -> dict[str, Any]:
        return {shown(self.value(key)): self.value(value) for key, value in node.parts}

    def _value_of_range(self, node: Node) -> list[int]:
        first, last = (int(self.value(part)) for part in node.parts)
        return list(range(first, last + 1)) if first <= last else list(range(first, last - 1, -1))

    def _value_of_not(self, node: Node) -> bool:
        return not truth(self.value(node.parts[0]))

    def _value_of_binary(self, node: Node) -> Any:
        sign, left = node.parts[0], self.value(node.parts[1])
        if sign in ("||", "or"):
            return truth(left) or truth(self.value(node.parts[2]))
        if sign in ("&&", "and"):
            return truth(left) and truth(self.value(node.parts[2]))
        return operate(sign, left, self.value(node.parts[2]))


def truth(value: Any) -> bool:
    """What `#if` takes for true: everything but false and null. (Velocity 1.x: an empty string is true.)"""
    return value is not None and value is not False


def operate(sign: str, left: Any, right: Any) -> Any:
    """Comparison and arithmetic; null when the values do not go together."""
    if sign in ("==", "eq"):
        return same(left, right)
    if sign in ("!=", "ne"):
        return not same(left, right)
    if sign == "+" and (isinstance(left, str) or isinstance(right, str)):
        return shown(left) + shown(right)
    if not all(isinstance(value, int | float) and not isinstance(value, bool) for value in (left, right)):
        return None
    if sign in ("/", "%") and right == 0:
        return None
    return OPERATIONS[sign](left, right)


def same(left: Any, right: Any) -> bool:
    """Equality; values of different classes are compared as text, as Velocity does."""
    if left is None or right is None:
        return left is right
    return bool(left == right) or (type(left) is not type(right) and shown(left) == shown(right))


def shown(value: Any) -> str:
    """How a value stands in the text: JSON for what is not text."""
    value = plain(value)
    if isinstance(value, str):
        return value
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
