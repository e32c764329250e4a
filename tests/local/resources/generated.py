"""Properties that fit a schema, drawn from it: for tests over all resource types."""

from __future__ import annotations

from typing import Any

from refarch.local.resources.pattern_samples import sample
from refarch.local.resources.schemas import ResourceType
from refarch.local.resources.validation import Check, problems

DEEPEST = 12


def minimal(kind: ResourceType) -> dict[str, Any] | None:
    """The least properties that the schema accepts; None when none were drawn that fit."""
    drawing = _Drawing(kind)
    drawn = drawing.object(kind.schema, "", 0)
    for name in kind.settled - kind.required - {path[0] for path in kind.create_only}:
        drawn.pop(name, None)
    return None if problems(kind, drawn) else drawn


def value(kind: ResourceType, name: str, seed: str = "") -> Any:
    """One property's value."""
    return _Drawing(kind).any(kind.properties[name], f"{name}{seed}", 0)


class _Drawing:
    def __init__(self, kind: ResourceType) -> None:
        self.kind = kind

    def any(self, node: Any, seed: str, depth: int) -> Any:
        node = self.kind.resolved(node)
        if "const" in node:
            return node["const"]
        if node.get("enum") or node.get("enumCaseInsensitive"):
            return (node.get("enum") or node["enumCaseInsensitive"])[0]
        kinds = node.get("type") or ("object" if "properties" in node or "patternProperties" in node else "")
        first = kinds[0] if isinstance(kinds, list) else kinds
        if not first and (node.get("oneOf") or node.get("anyOf")):
            return self.any((node.get("oneOf") or node.get("anyOf"))[0], seed, depth + 1)
        make = getattr(self, first or "string")
        return make(node, seed, depth)

    def object(self, node: dict[str, Any], seed: str, depth: int) -> dict[str, Any]:
        if depth > DEEPEST:
            return {}
        properties = node.get("properties", {})
        wanted = (
            list(node.get("required", []))
            + list(node.get("requiredXor", []))[:1]
            + list(node.get("requiredOr", []))[:1]
        )
        drawn = {name: self.any(properties.get(name, {}), f"{seed}.{name}", depth + 1) for name in wanted}
        for part in node.get("allOf", []):
            drawn |= self.branch(part, node, drawn, seed, depth)
        for combined in ("oneOf", "anyOf"):
            if node.get(combined):
                drawn = self.fitting(node, node[combined], drawn, seed, depth)
        for _ in range(node.get("minProperties", 0) - len(drawn)):
            drawn |= self.another(node, drawn, seed, depth)
        return drawn

    def branch(self, part: Any, node: dict[str, Any], drawn: dict[str, Any], seed: str, depth: int) -> dict[str, Any]:
        part = self.kind.resolved(part)
        properties = {**node.get("properties", {}), **part.get("properties", {})}
        merged = {
            **part,
            "properties": {
                n: {**self.kind.resolved(node.get("properties", {}).get(n)), **self.kind.resolved(properties[n])}
                for n in properties
            },
        }
        return {**drawn, **self.object(merged, seed, depth + 1)}

    def fitting(
        self, node: dict[str, Any], parts: list[Any], drawn: dict[str, Any], seed: str, depth: int
    ) -> dict[str, Any]:
        check = Check(self.kind)
        candidates = [drawn, *(self.branch(part, node, drawn, seed, depth) for part in parts)]
        return next((one for one in candidates if check.fits(one, node)), candidates[1])

    def another(self, node: dict[str, Any], drawn: dict[str, Any], seed: str, depth: int) -> dict[str, Any]:
        for name, inner in node.get("properties", {}).items():
            if name not in drawn:
                return {name: self.any(inner, f"{seed}.{name}", depth + 1)}
        for pattern, inner in node.get("patternProperties", {}).items():
            return {sample(pattern, f"{seed}{len(drawn)}") or "key": self.any(inner, seed, depth + 1)}
        return {f"key{len(drawn)}": "value"}

    def array(self, node: dict[str, Any], seed: str, depth: int) -> list[Any]:
        return [
            self.any(node.get("items", {}), f"{seed}[{index}]", depth + 1) for index in range(node.get("minItems", 0))
        ]

    def string(self, node: dict[str, Any], seed: str, depth: int) -> str:
        least, most = node.get("minLength", 0), node.get("maxLength")
        if "pattern" in node:
            return sample(node["pattern"], seed, shortest=least, longest=most) or "value"
        padded: str = "value" + "x" * max(0, least - 5)
        return padded if most is None else padded[:most]

    def integer(self, node: dict[str, Any], seed: str, depth: int) -> int:
        least = node.get("minimum", node.get("exclusiveMinimum", 0) + 1 if "exclusiveMinimum" in node else 1)
        step = node.get("multipleOf", 1)
        number = int(max(least, step))
        return min(number, int(node.get("maximum", number)))

    def number(self, node: dict[str, Any], seed: str, depth: int) -> float:
        return min(float(node.get("minimum", 1)), float(node.get("maximum", 1e9)))

    def boolean(self, node: dict[str, Any], seed: str, depth: int) -> bool:
        return True

    def null(self, node: dict[str, Any], seed: str, depth: int) -> None:
        return None
