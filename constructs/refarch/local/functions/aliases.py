"""A weighted alias draws the version of each invocation by its weights; ministack stores them and always takes one."""

from __future__ import annotations

import contextvars
import random
from collections.abc import Callable
from typing import Any

from refarch.local import adapter

# GetFunction, DeleteFunction and their like mean the alias's own version.
_reading: contextvars.ContextVar[bool] = contextvars.ContextVar("refarch_reading_alias", default=False)
READERS = ("function request", "configuration request", "function deletion")


def install() -> None:
    resolve, invoke = adapter.read("function of qualifier"), adapter.read("invocation request")

    def resolved(func: dict[str, Any] | None, qualifier: str | None) -> Any:
        make_weighted(func, qualifier)
        return resolve(func, qualifier)

    async def invoked(
        name: str, event: Any, headers: dict[str, Any], path_qualifier: Any = None, query_params: Any = None
    ) -> Any:
        func = adapter.read("functions").get(name)
        for qualifier in list((func or {}).get("aliases") or ()):
            make_weighted(func, qualifier)
        return await invoke(name, event, headers, path_qualifier, query_params)

    adapter.replace("function of qualifier", resolved)
    adapter.replace("invocation request", invoked)
    for name in READERS:
        adapter.replace(name, _without_drawing(adapter.read(name)))


class WeightedAlias(dict[str, Any]):
    """An alias's record that answers, when it is asked for its version, with one drawn by the weights."""

    def get(self, key: str, default: Any = None) -> Any:
        if key != "FunctionVersion" or _reading.get():
            return super().get(key, default)
        return drawn(self, random.random())  # noqa: S311 - no secret depends on it


def drawn(alias: dict[str, Any], number: float) -> str:
    """The version for a number in [0, 1): additional versions take their weights, the alias's own takes the rest."""
    weights = (alias.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
    reached = 0.0
    for version, weight in weights.items():
        reached += float(weight)
        if number < reached:
            return str(version)
    return str(alias["FunctionVersion"])


def make_weighted(func: dict[str, Any] | None, qualifier: str | None) -> None:
    """Let the function's alias draw, when it has weights. (The emulator makes and changes aliases as plain records.)"""
    aliases = (func or {}).get("aliases") or {}
    alias = aliases.get(qualifier)
    if alias and alias.get("RoutingConfig") and not isinstance(alias, WeightedAlias):
        aliases[qualifier] = WeightedAlias(alias)


def _without_drawing(request: Callable[..., Any]) -> Callable[..., Any]:
    def asked(*arguments: Any, **options: Any) -> Any:
        token = _reading.set(True)
        try:
            return request(*arguments, **options)
        finally:
            _reading.reset(token)

    return asked
