"""Task definitions that CloudFormation makes: their volumes as the API tells them, not as the template writes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from refarch.local import adapter
from refarch.local.compute.ecs import records

TYPE = "AWS::ECS::TaskDefinition"
# Maps whose keys are the user's.
FREE = ("DriverOpts", "Labels")


def install() -> None:
    handler = adapter.read("handlers of resource types")[TYPE]
    for action in ("create", "update"):
        handler[action] = _with_volumes(handler[action])


def _with_volumes(stock: Callable[..., Any]) -> Callable[..., Any]:
    def made(*given: Any, **options: Any) -> Any:
        answer = stock(*given, **options)
        definition = records.definition_of(str(answer[0]))
        definition["volumes"] = as_the_api_says(definition.get("volumes") or [])
        return answer

    return made


def as_the_api_says(value: Any) -> Any:
    """`value` of a template with the names of the API: `SourcePath` is `sourcePath`."""
    if isinstance(value, Mapping):
        return {
            name[0].lower() + name[1:]: each if name in FREE else as_the_api_says(each) for name, each in value.items()
        }
    return [as_the_api_says(each) for each in value] if isinstance(value, list) else value
