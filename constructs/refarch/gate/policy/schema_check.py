"""Properties against the official schema of their type: unknown names, missing ones, wrong kinds and values.

A small reading of JSON Schema, as much as a template needs to be told what it got wrong; what a function decides is
taken as right, and a construct of the schema that is not read here (oneOf, patterns, formats) finds nothing.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Any

from refarch.gate.policy.values import intrinsic, number, plain

_DEEPEST = 30
_SHOWN = 6
Json = Mapping[str, Any]


def problems(raw: Json, properties: Json) -> Iterator[tuple[str, str]]:
    """Path and message of each problem of a resource's properties; `raw` is the schema's document."""
    read_only = {each.removeprefix("/properties/") for each in raw.get("readOnlyProperties", ())}
    yield from _check(raw, raw, properties, "", 0)
    for name in sorted(read_only & set(properties)):
        if "/" not in name and name not in _written_anyway(raw):
            yield name, f"{name} is set by AWS only"


def _written_anyway(raw: Json) -> set[str]:
    """Some schemas call a property read-only that they also require or let be created."""
    listed = (raw.get("createOnlyProperties", ()), raw.get("writeOnlyProperties", ()))
    return set(raw.get("required", ())) | {each.removeprefix("/properties/") for group in listed for each in group}


def _check(root: Json, schema: Json, value: Any, path: str, depth: int) -> Iterator[tuple[str, str]]:
    schema = _resolved(root, schema)
    value = plain(value)
    if depth > _DEEPEST or value is None or not isinstance(schema, Mapping):
        return
    if isinstance(value, Mapping):
        yield from _mapping(root, schema, value, path, depth)
    elif isinstance(value, list):
        yield from _items(root, schema, value, path, depth)
    elif isinstance(value, str | bool | int | float):
        yield from _scalar(schema, value, path)


def _mapping(root: Json, schema: Json, value: Json, path: str, depth: int) -> Iterator[tuple[str, str]]:
    known = schema.get("properties")
    if not isinstance(known, Mapping):
        return
    if "array" in _kinds(schema) or any(intrinsic({key: None}) for key in value):
        return
    for name, inner in value.items():
        where = f"{path}.{name}".lstrip(".")
        if name in known:
            yield from _check(root, known[name], inner, where, depth + 1)
        elif schema.get("additionalProperties") is False and not _by_pattern(schema):
            near = difflib.get_close_matches(str(name), list(known), n=1, cutoff=0.7)
            hint = f"did you mean {near[0]!r}?" if near else f"allowed: {', '.join(sorted(known)[:_SHOWN])}, …"
            yield where, f"there is no property {name!r}; {hint}"
    for name in schema.get("required", ()):
        if name not in value:
            yield path, f"{name} is missing"


def _by_pattern(schema: Json) -> bool:
    return bool(schema.get("patternProperties"))


def _items(root: Json, schema: Json, value: list[Any], path: str, depth: int) -> Iterator[tuple[str, str]]:
    if _kinds(schema) and "array" not in _kinds(schema):
        yield path, f"is a list (allowed: {' or '.join(_kinds(schema))})"
    elif isinstance(inner := schema.get("items"), Mapping):
        for each in value:
            yield from _check(root, inner, each, path, depth + 1)


def _scalar(schema: Json, value: Any, path: str) -> Iterator[tuple[str, str]]:
    kinds = _kinds(schema)
    if kinds and not any(_fits(kind, value) for kind in kinds):
        yield path, f"is {value!r} (allowed: {' or '.join(kinds)})"
    elif (allowed := schema.get("enum")) and f"{value}".lower() not in {f"{each}".lower() for each in allowed}:
        some = ", ".join(map(str, allowed[:_SHOWN])) + (", …" if len(allowed) > _SHOWN else "")
        yield path, f"is {value!r} (allowed: {some})"
    elif (given := number(value)) is not None and {"number", "integer"} & set(kinds):
        yield from _limits(schema, given, path)


def _limits(schema: Json, given: float, path: str) -> Iterator[tuple[str, str]]:
    low, high = schema.get("minimum"), schema.get("maximum")
    if (low is not None and given < low) or (high is not None and given > high):
        yield path, f"is {given:g} (allowed: {'' if low is None else low} to {'' if high is None else high})"


def _kinds(schema: Json) -> list[str]:
    kind = schema.get("type")
    return list(kind) if isinstance(kind, list) else [kind] if isinstance(kind, str) else []


def _fits(kind: str, value: Any) -> bool:
    """CloudFormation turns numbers and switches into texts, and back where the text reads so."""
    match kind:
        case "string":
            return True
        case "boolean":
            return isinstance(value, bool) or str(value).lower() in ("true", "false")
        case "integer" | "number":
            given = number(value)
            return given is not None and (kind == "number" or given == int(given))
    return False


def _resolved(root: Json, schema: Any) -> Any:
    """The definition that a `$ref` points to."""
    for _ in range(_DEEPEST):
        if not isinstance(schema, Mapping) or not isinstance(reference := schema.get("$ref"), str):
            return schema
        target: Any = root
        for step in reference.removeprefix("#/").split("/"):
            target = target.get(step) if isinstance(target, Mapping) else None
        schema = target
    return schema
