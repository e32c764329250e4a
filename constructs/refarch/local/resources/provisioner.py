"""Create, update and delete a resource of any type by its schema: what the emulator has no handler for.

Where the type's service has an API in the emulator (`api_backed`), the resource is made there, so that
describe calls see it. Else it is only recorded, and is said to be only recorded.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from refarch.local import adapter
from refarch.local.resources import api_calls, naming, records
from refarch.local.resources.api_backed import BACKED
from refarch.local.resources.attributes import Birth, attributes
from refarch.local.resources.schemas import ResourceType
from refarch.local.resources.validation import check

LONGEST_NAME = 64
Made = tuple[str, dict[str, Any]]


def without_own_tags(properties: dict[str, Any]) -> dict[str, Any]:
    """The properties as the template has them: without the `aws:` tags that the engine adds."""
    return {name: kept for name, value in properties.items() if (kept := _own(value)) is not _NOTHING}


_NOTHING = object()


def _own(value: Any) -> Any:
    if isinstance(value, list):
        kept: Any = [one for one in value if not (isinstance(one, dict) and str(one.get("Key", "")).startswith("aws:"))]
    elif isinstance(value, dict):
        kept = {key: inner for key, inner in value.items() if not str(key).startswith("aws:cloudformation:")}
    else:
        return value
    return _NOTHING if value and not kept else kept


@dataclass(frozen=True)
class Provisioner:
    """The handler of one type."""

    kind: ResourceType

    def create(self, logical_id: str, properties: dict[str, Any], stack: str) -> Made:
        own = without_own_tags(properties)
        check(self.kind, logical_id, own)
        birth = self._birth(stack, logical_id)
        full = {**own, **self._names(birth, own, stack, logical_id)}
        made = attributes(birth, full)
        backing = BACKED.get(self.kind.name)
        api = None
        if backing is not None:
            found = api_calls.create(self.kind, backing, {**made, **full}, full)
            api = backing.service if found is not None else None
            made = {**attributes(replace(birth, real=found or {}), full), **(found or {})}
        identifier = naming.physical_id(birth, {**full, **made})
        records.put(self._key(identifier), records.Record(full, made, api))
        return identifier, made

    def update(self, identifier: str, old: dict[str, Any], new: dict[str, Any], stack: str, logical_id: str) -> Made:
        own = without_own_tags(new)
        check(self.kind, logical_id, own)
        if needs_replacement(self.kind, without_own_tags(old), own):
            made: Made = adapter.read("replace resource")(self.kind.name, identifier, old, new, stack, logical_id)
            return made
        record = records.get(self._key(identifier))
        if record is None:  # made before the records were kept
            return self.create(logical_id, new, stack)
        full = {**{name: record.properties[name] for name in self._generated(record, own)}, **own}
        given = attributes(self._birth(stack, logical_id), full)
        kept = {
            name: value
            for name, value in record.attributes.items()
            if name not in self.kind.properties or self._settled(name)
        }
        known = {**given, **kept}
        changed = records.Record(full, known, record.api)
        if record.api is not None:
            identifier = self._change(identifier, record, changed, stack, logical_id)
        records.put(self._key(identifier), changed)
        return identifier, known

    def _change(
        self, identifier: str, before: records.Record, after: records.Record, stack: str, logical_id: str
    ) -> str:
        """Make the change through the API as well; the identifier may be another one afterwards."""
        backing = BACKED[self.kind.name]
        known = {**after.attributes, **after.properties}
        tags = [one.properties.get("Tags") or [] for one in (before, after)]
        if backing.tagged and tags[0] != tags[1]:
            api_calls.retag(backing, known, *tags)
        found = api_calls.update(self.kind, backing, known, after.properties, identifier)
        others = [{k: v for k, v in one.properties.items() if k != "Tags"} for one in (before, after)]
        after.behind = found is None and (before.behind or others[0] != others[1])
        after.attributes.update(found or {})
        birth = self._birth(stack, logical_id)
        return naming.physical_id(birth, {**after.properties, **after.attributes}) if backing.renews else identifier

    def delete(self, identifier: str, properties: dict[str, Any]) -> None:
        record = records.remove(self._key(identifier))
        if record is not None and record.api is not None:
            known = {**record.attributes, **record.properties}
            api_calls.delete(self.kind, BACKED[self.kind.name], known, identifier)

    def _settled(self, name: str) -> bool:
        return name.split(".")[0] in {path[0] for path in self.kind.read_only}

    def _generated(self, record: records.Record, own: dict[str, Any]) -> list[str]:
        return [name for name in naming.names_left_out(self.kind, own) if name in record.properties]

    def _names(self, birth: Birth, own: dict[str, Any], stack: str, logical_id: str) -> dict[str, str]:
        return {
            name: naming.fitting(self.kind, name, self._name(stack, logical_id, name), birth.drawn(name))
            for name in naming.names_left_out(self.kind, own)
        }

    def _name(self, stack: str, logical_id: str, attribute: str) -> str:
        longest = min(self.kind.node((attribute,)).get("maxLength", LONGEST_NAME), LONGEST_NAME)
        return str(adapter.read("physical name")(stack, logical_id, max_len=max(longest, 1)))

    def _birth(self, stack: str, logical_id: str) -> Birth:
        account, region = scope()
        name = str(adapter.read("physical name")(stack, logical_id, max_len=LONGEST_NAME))
        return Birth(kind=self.kind, name=name, account=account, region=region)

    def _key(self, identifier: str) -> records.Key:
        return (*scope(), self.kind.name, identifier)


def scope() -> tuple[str, str]:
    """The account and region of the request at hand."""
    return str(adapter.read("account of the request")()), str(adapter.read("region of the request")())


def needs_replacement(kind: ResourceType, old: dict[str, Any], new: dict[str, Any]) -> bool:
    """Whether a create-only property changed, also one inside another."""
    return any(_at(old, path) != _at(new, path) for path in kind.create_only)


def _at(value: Any, path: tuple[str, ...]) -> list[Any]:
    """All values at a path; "*" is every item of a list."""
    if not path:
        return [value]
    if path[0] == "*":
        return [found for item in (value if isinstance(value, list) else []) for found in _at(item, path[1:])]
    return _at(value.get(path[0]), path[1:]) if isinstance(value, dict) else [None]
