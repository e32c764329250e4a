"""Give the emulator's CloudFormation a handler for every type, and a check of properties for every handler.

Schemas are read when a type is first used: reading all of them would cost each start a second.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from refarch.local import adapter
from refarch.local.resources import records, replacements, schemas
from refarch.local.resources.api_backed import BACKED, OVERRIDDEN, PLACEHOLDERS
from refarch.local.resources.attributes import Birth, attributes
from refarch.local.resources.completions import COMPLETIONS
from refarch.local.resources.dropped_settings import derived
from refarch.local.resources.provisioner import LONGEST_NAME, Provisioner, needs_replacement, scope, without_own_tags
from refarch.local.resources.schemas import ResourceType
from refarch.local.resources.validation import check

# CloudFormation's own types act on the engine, not on a service; the other one is a note of the CDK.
UNCHECKED = ("AWS::CloudFormation::", "AWS::CDK::", "Custom::")
_own: set[str] = set()
_generic: set[str] = set()
# Settable properties that `Fn::GetAtt` gives all the same, by the pages of these types ("Return values").
TOLD = {"AWS::EC2::VPC": ("CidrBlock",), "AWS::EC2::Subnet": ("AvailabilityZone", "CidrBlock", "VpcId")}


def own_types() -> set[str]:
    """The types that the emulator has a handler of its own for."""
    return set(_own)


def generic_types() -> set[str]:
    """The types that are provisioned by their schema."""
    return set(_generic)


def install() -> None:
    handlers = adapter.read("handlers of resource types")
    _own.update(handlers.keys() - OVERRIDDEN)
    for name in _own:
        if not name.startswith(UNCHECKED):
            _check_own(name, handlers[name])
    _generic.update(name for name in schemas.names() if name not in _own)
    for name in _generic:
        handlers[name] = _handler(name)
    _run_calls_on_threads()
    _say_what_is_replaced()


def _handler(name: str) -> dict[str, Any]:
    def create(logical_id: str, properties: dict[str, Any], stack: str) -> Any:
        return _provisioner(name).create(logical_id, properties, stack)

    def update(identifier: str, old: dict[str, Any], new: dict[str, Any], stack: str, logical_id: str) -> Any:
        return _provisioner(name).update(identifier, old, new, stack, logical_id)

    def delete(identifier: str, properties: dict[str, Any]) -> None:
        _provisioner(name).delete(identifier, properties)

    return {"create": create, "update": update, "update_with_logical_id": True, "delete": delete}


def _provisioner(name: str) -> Provisioner:
    kind = schemas.find(name)
    if kind is None:
        raise ValueError(f"Unsupported resource type: {name}")
    return Provisioner(kind)


def _run_calls_on_threads() -> None:
    """What calls this cloud's API must not hold up the loop that is to answer."""
    before: Callable[[str], bool] = adapter.read("runs on a worker thread")
    calling = (set(BACKED) & _generic) | set(COMPLETIONS)

    def runs_on_worker_thread(resource_type: str) -> bool:
        return resource_type in calling or before(resource_type)

    adapter.replace("runs on a worker thread", runs_on_worker_thread)


def _say_what_is_replaced() -> None:
    recreation = adapter.read("recreation of property")

    def property_recreation(resource_type: str, name: str) -> str:
        kind = schemas.find(resource_type) if resource_type in _generic else None
        if kind is None:
            return str(recreation(resource_type, name))
        if (name,) in kind.create_only:
            return "Always"
        inner = [*kind.create_only, *kind.conditionally_create_only]
        return "Conditionally" if any(path[0] == name for path in inner) else "Never"

    for place in ("recreation of property", "recreation of property in stacks"):
        adapter.replace(place, property_recreation)
    for place in ("refused replacement", "refused replacement in stacks"):
        adapter.replace(place, _refusing(adapter.read(place)))


def _refusing(before: Callable[..., str | None]) -> Callable[..., str | None]:
    """A resource whose name the template fixes cannot be replaced under the same name, on AWS neither."""

    def refused(
        resource_type: str, old_props: dict[str, Any], new_props: dict[str, Any], physical_id: str | None = None
    ) -> str | None:
        kind = schemas.find(resource_type) if resource_type in _generic else None
        if kind is None:
            return before(resource_type, old_props, new_props, physical_id)
        old, new = without_own_tags(old_props), without_own_tags(new_props)
        names = _kept_names(kind, old, new)
        if not names or not needs_replacement(kind, old, new):
            return None
        return (
            "CloudFormation cannot update a stack when a custom-named resource requires replacing. "
            f"Rename {physical_id or '|'.join(names)} and update the stack again."
        )

    return refused


def _kept_names(kind: ResourceType, old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """The names of the template's choice that stay the same: the whole identifier, or else the plain name."""

    def same(names: tuple[str, ...]) -> list[str]:
        kept = [str(new[name]) for name in names if name in new and old.get(name) == new[name]]
        return kept if len(kept) == len(names) else []

    settable = not set(kind.identifier) & kind.settled
    plain = tuple(name for name in ("Name", f"{kind.kind}Name") if (name,) in kind.create_only)
    return (same(kind.identifier) if settable else []) or (same(plain[:1]) if plain else [])


def _check_own(name: str, handler: dict[str, Any]) -> None:
    """Put the check, which the emulator does not make, before its own handler, and add the attributes it leaves out."""
    create, update, delete = handler.get("create"), handler.get("update"), handler.get("delete")
    if create is not None:
        handler["create"] = _checked_create(name, create)
    if update is not None:
        handler["update"] = _checked_update(name, update, named=bool(handler.get("update_with_logical_id")))
    if delete is not None and name in PLACEHOLDERS:
        handler["delete"] = _forgetting(name, delete)


def _forgetting(name: str, delete: Callable[..., Any]) -> Callable[..., Any]:
    def forget(identifier: str, properties: dict[str, Any], *more: Any) -> Any:
        records.remove((*scope(), name, identifier))
        return delete(identifier, properties, *more)

    return forget


def _checked_create(name: str, create: Callable[..., Any]) -> Callable[..., Any]:
    def checked(logical_id: str, properties: dict[str, Any], stack: str) -> Any:
        _check(name, logical_id, properties)
        made = create(logical_id, properties, stack)
        _complete(name, made[0], {}, properties)
        return _completed(name, logical_id, properties, stack, made)

    return checked


def _checked_update(name: str, update: Callable[..., Any], *, named: bool) -> Callable[..., Any]:
    def checked(
        identifier: str, old: dict[str, Any], new: dict[str, Any], stack: str, logical_id: str | None = None
    ) -> Any:
        _check(name, logical_id or identifier, new)
        more = (logical_id,) if named else ()
        if replacements.replaced(name, old, new):
            made = adapter.read("replace resource")(name, identifier, old, new, stack, logical_id)
        else:
            made = update(identifier, *replacements.named(name, identifier, old, new), stack, *more)
        _complete(name, made[0], old if made[0] == identifier else {}, new)
        return _completed(name, logical_id or identifier, new, stack, made)

    return checked


def _check(name: str, logical_id: str, properties: dict[str, Any]) -> None:
    kind = schemas.find(name)
    if kind is not None:
        check(kind, logical_id, without_own_tags(properties))


def _complete(name: str, identifier: str, old: dict[str, Any], new: dict[str, Any]) -> None:
    if name in PLACEHOLDERS:
        records.put((*scope(), name, identifier), records.Record(without_own_tags(new)))
    completion = COMPLETIONS.get(name)
    if completion is not None:
        completion(identifier, without_own_tags(old), without_own_tags(new))


def _completed(name: str, logical_id: str, properties: dict[str, Any], stack: str, made: Any) -> Any:
    kind = schemas.find(name)
    if kind is None or not isinstance(made, tuple) or not isinstance(made[1], dict):
        return made
    account, region = scope()
    physical = str(adapter.read("physical name")(stack, logical_id, max_len=LONGEST_NAME))
    birth = Birth(kind=kind, name=physical, account=account, region=region)
    readable = {path[0] for path in kind.read_only}
    missing = {
        attribute: value
        for attribute, value in attributes(birth, {}).items()
        if attribute not in made[1] and attribute.split(".")[0] in readable
    }
    told = {attribute: properties[attribute] for attribute in TOLD.get(name, ()) if attribute in properties}
    return (made[0], derived(name, {**told, **missing, **made[1]}), *made[2:])
