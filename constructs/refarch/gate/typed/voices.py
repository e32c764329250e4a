"""The three sources, each read by a few lines of its own: troposphere, cfn-lint's schemas, the CDK's database."""

from __future__ import annotations

import gzip
import importlib
import json
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

from refarch.gate.schemas import schema_of
from refarch.gate.typed.shapes import OPEN, Shape

TROPOSPHERE, SCHEMA, CDK = "troposphere", "cfn-lint schema", "CDK database"
CDK_DATABASE = Path("node_modules", "aws-cdk", "db.json.gz")
_INSTALL = "the typed second reading needs troposphere: pip install troposphere"


@dataclass(frozen=True)
class Voice:
    """A source by its name; `shape` of a resource type is `None` where it does not know the type."""

    name: str
    shape: Callable[[str], Shape | None]


def all_voices(database: Path | None = None) -> tuple[Voice, ...]:
    """Those that are here. `database`: of the CDK's command line; default: below the current folder, if it is there.

    Raises `ModuleNotFoundError` where troposphere or cfn-lint's data is missing, `OSError` for a `database` that is.
    """
    troposphere_class("AWS::S3::Bucket")
    voices = [Voice(TROPOSPHERE, _troposphere), Voice(SCHEMA, _schema)]
    path = database or (CDK_DATABASE if CDK_DATABASE.is_file() else None)
    return (*voices, Voice(CDK, _cdk(path))) if path else tuple(voices)


@cache
def _classes() -> dict[str, Any]:
    try:
        package = importlib.import_module("troposphere")
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(_INSTALL, name="troposphere") from error
    found: dict[str, Any] = {}
    for module in pkgutil.iter_modules(package.__path__):
        if module.name not in ("openstack", "template_generator", "utils"):
            for value in vars(importlib.import_module(f"troposphere.{module.name}")).values():
                if isinstance(value, type) and isinstance(kind := getattr(value, "resource_type", None), str):
                    found.setdefault(kind, value)
    return found


def troposphere_class(resource_type: str) -> Any:
    """troposphere's class of a resource type; `None` where it has none."""
    return _classes().get(resource_type)


def _troposphere(resource_type: str) -> Shape | None:
    found = troposphere_class(resource_type)
    return _of_class(found) if found is not None else None


def _of_class(kind: Any) -> Shape:
    kind = kind[0] if isinstance(kind, list) and len(kind) == 1 else kind
    properties = getattr(kind, "props", None)
    if not isinstance(kind, type) or not isinstance(properties, dict) or not properties:
        return OPEN
    required = frozenset(name for name, (_, needed) in properties.items() if needed)
    return Shape({name: partial(_of_class, each) for name, (each, _) in properties.items()}, required)


def _schema(resource_type: str) -> Shape | None:
    found = schema_of(resource_type)
    if found is None:
        return None
    shape = _of_schema(found.raw, found.raw)
    written = {path[0] for path in found.create_only + found.write_only} | shape.required
    hidden = {path[0] for path in found.read_only if len(path) == 1} - written
    known = {name: each for name, each in (shape.properties or {}).items() if name not in hidden}
    return Shape(known, shape.required - hidden)


def _of_schema(root: Mapping[str, Any], value: Any) -> Shape:
    for _ in range(20):
        if not isinstance(value, Mapping):
            return OPEN
        if isinstance(reference := value.get("$ref"), str):
            value = _pointed(root, reference)
        elif "items" in value:
            value = value["items"]
        else:
            break
    properties = value.get("properties") if isinstance(value, Mapping) else None
    if not isinstance(properties, Mapping) or value.get("patternProperties"):
        return OPEN
    below = {name: partial(_of_schema, root, each) for name, each in properties.items()}
    return Shape(below, frozenset(value.get("required", ())))


def _pointed(root: Mapping[str, Any], reference: str) -> Any:
    value: Any = root
    for step in reference.removeprefix("#/").split("/"):
        value = value.get(step) if isinstance(value, Mapping) else None
    return value


def _cdk(path: Path) -> Callable[[str], Shape | None]:
    resources, types = _database(path)
    return lambda resource_type: _entity(types, found) if (found := resources.get(resource_type)) else None


@cache
def _database(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """An implementation detail of the npm package `aws-cdk`; `KeyError` when its form has changed."""
    with gzip.open(path) as file:
        content = json.load(file)["schema"]
    resources = {each["cloudFormationType"]: each for each in content["resource"]["entities"]}
    return resources, {each["$id"]: each for each in content["typeDefinition"]["entities"]}


def _entity(types: Mapping[str, Any], entity: Mapping[str, Any]) -> Shape:
    properties = entity["properties"]
    required = frozenset(name for name, each in properties.items() if each.get("required"))
    return Shape({name: partial(_of_type, types, each["type"]) for name, each in properties.items()}, required)


def _of_type(types: Mapping[str, Any], kind: Mapping[str, Any]) -> Shape:
    match kind.get("type"):
        case "array":
            return _of_type(types, kind["element"])
        case "ref":
            found = types.get(kind["reference"]["$ref"])
            return _entity(types, found) if found else OPEN
    return OPEN
