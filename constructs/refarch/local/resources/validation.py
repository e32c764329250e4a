"""Whether properties fit a resource type's schema, in CloudFormation's words.

CloudFormation reports with the messages of the library that its resource handlers share; people search
for them, so they are the same here. Scalars are taken as CloudFormation takes them: "5" is an integer,
"true" a boolean, 5 a string.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from refarch.local.environment import ACCOUNT
from refarch.local.resources import keywords
from refarch.local.resources.schemas import ResourceType

MOST = 10  # problems in one message; a wrong nesting can bring hundreds


@dataclass(frozen=True)
class Problem:
    """What is wrong, and where: `path` is that of the property, from the top."""

    path: tuple[str | int, ...]
    message: str

    def __str__(self) -> str:
        return "/".join(["#", *map(str, self.path)]) + f": {self.message}"


class InvalidProperties(ValueError):
    """A template's properties do not fit the schema of their type."""

    def __init__(self, logical_id: str, problems: list[Problem]) -> None:
        self.problems = problems
        listed = ", ".join(str(problem) for problem in problems[:MOST])
        super().__init__(f"Properties validation failed for resource {logical_id} with message: [{listed}]")


def check(kind: ResourceType, logical_id: str, properties: Mapping[str, Any]) -> None:
    """Refuse properties that do not fit: raises `InvalidProperties` with every problem."""
    found = problems(kind, properties)
    if found:
        raise InvalidProperties(logical_id, found)


def problems(kind: ResourceType, properties: Mapping[str, Any]) -> list[Problem]:
    """Everything that is wrong with the properties of a resource, in the order of its properties."""
    settable = kind.required | {path[0] for path in kind.create_only}  # some are called read-only all the same
    settled = [
        Problem((), f"extraneous key [{name}] is not permitted: it is read-only")
        for name in properties
        if name in kind.settled and name not in settable
    ]
    return list(dict.fromkeys([*settled, *Check(kind).value(dict(properties), kind.schema, ())]))


def made_here(value: Any) -> bool:
    """Whether it is an ARN of this cloud: the emulator's are not in every detail like those that the patterns want."""
    return isinstance(value, str) and value.startswith("arn:") and f":{ACCOUNT}:" in value


class Check:
    """One walk through a value. `exact` takes types literally, to tell the branches of a `oneOf` apart."""

    def __init__(self, kind: ResourceType, *, exact: bool = False) -> None:
        self.kind = kind
        self.exact = exact

    def value(self, value: Any, schema: Any, path: tuple[str | int, ...]) -> Iterator[Problem]:
        if not isinstance(schema, dict):
            if schema is False:
                yield Problem(path, "no value is permitted here")
            return
        if "$ref" in schema:
            yield from self.value(value, self.kind.reference(schema["$ref"]), path)
        wrong_type = list(self._type(value, schema, path))
        yield from wrong_type
        if not wrong_type:
            yield from self._rest(value, schema, path)

    def fits(self, value: Any, schema: Any) -> bool:
        return next(self.value(value, schema, ()), None) is None

    def _type(self, value: Any, schema: dict[str, Any], path: tuple[str | int, ...]) -> Iterator[Problem]:
        if "type" in schema:
            message = keywords.wrong_type(value, schema["type"], exact=self.exact)
            if message:
                yield Problem(path, message)

    def _rest(self, value: Any, schema: dict[str, Any], path: tuple[str | int, ...]) -> Iterator[Problem]:
        for keyword, rule in schema.items():
            scalar = keywords.RULES.get(keyword)
            ours = keyword == "pattern" and made_here(value)
            message = scalar(value, rule) if scalar and not ours else None
            if message:
                yield Problem(path, message)
        if isinstance(value, dict):
            yield from self._members(value, schema, path)
        elif isinstance(value, list):
            yield from self._items(value, schema, path)
        yield from self._combined(value, schema, path)

    def _members(self, value: dict[str, Any], schema: dict[str, Any], path: tuple[str | int, ...]) -> Iterator[Problem]:
        known, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
        others = schema.get("additionalProperties", True)
        for name, inner in value.items():
            found = [known[name]] if name in known else []
            found += [rule for pattern, rule in patterns.items() if keywords.matches(pattern, name)]
            if not found and others is False:
                yield Problem(path, f"extraneous key [{name}] is not permitted")
            for rule in found or [others]:
                yield from self.value(inner, rule, (*path, name))

    def _items(self, value: list[Any], schema: dict[str, Any], path: tuple[str | int, ...]) -> Iterator[Problem]:
        first = schema.get("prefixItems", [])
        for index, item in enumerate(value):
            rule = first[index] if index < len(first) else schema.get("items", True)
            yield from self.value(item, rule, (*path, index))

    def _combined(self, value: Any, schema: dict[str, Any], path: tuple[str | int, ...]) -> Iterator[Problem]:
        for part in schema.get("allOf", ()):
            yield from self.value(value, part, path)
        if "anyOf" in schema:
            yield from self._any_of(value, schema["anyOf"], path)
        if "oneOf" in schema:
            yield from self._one_of(value, schema["oneOf"], path)
        if "not" in schema and self.fits(value, schema["not"]):
            yield Problem(path, "subject must not be valid against the schema under `not`")
        if "if" in schema:
            branch = "then" if self.fits(value, schema["if"]) else "else"
            yield from self.value(value, schema.get(branch, True), path)

    def _any_of(self, value: Any, parts: list[Any], path: tuple[str | int, ...]) -> Iterator[Problem]:
        if not any(self.fits(value, part) for part in parts):
            yield Problem(path, f"no subschema matched out of the total {len(parts)} subschemas")
            yield from self._closest(value, parts, path)

    def _one_of(self, value: Any, parts: list[Any], path: tuple[str | int, ...]) -> Iterator[Problem]:
        matched = sum(self.fits(value, part) for part in parts)
        if matched > 1:  # "5" is a string and an integer: literally it is one of them
            matched = sum(Check(self.kind, exact=True).fits(value, part) for part in parts) or 1
        if matched != 1:
            yield Problem(path, f"{matched} subschemas matched instead of one")
        if matched == 0:
            yield from self._closest(value, parts, path)

    def _closest(self, value: Any, parts: list[Any], path: tuple[str | int, ...]) -> Iterator[Problem]:
        """What is wrong by the branch that the value misses by the least."""
        yield from min((list(self.value(value, part, path)) for part in parts), key=len)
