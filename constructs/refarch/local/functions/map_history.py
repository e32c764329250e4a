"""The history of an inline Map tells its iterations, as the console draws them. ministack tells the states only."""

from __future__ import annotations

import contextvars
from typing import Any

from refarch.local import adapter

# The Map whose iterations are run at the moment.
_map: contextvars.ContextVar[str | None] = contextvars.ContextVar("refarch_map", default=None)


def install() -> None:
    items, sub_machine = adapter.read("items of an inline map"), adapter.read("states of an iteration")

    def run_items(state: dict[str, Any], raw_input: Any, execution: Any, ctx: dict[str, Any]) -> Any:
        if not execution or _is_distributed(state):
            return items(state, raw_input, execution, ctx)
        token = _map.set(str((ctx.get("State") or {}).get("Name", "")))
        _tell(execution, "MapStateStarted", length=_length(state, raw_input, ctx))
        try:
            answer = items(state, raw_input, execution, ctx)
        except adapter.read("error of an execution"):
            _tell(execution, "MapStateFailed")
            raise
        finally:
            _map.reset(token)
        _tell(execution, "MapStateSucceeded")
        return answer

    def run_iteration(states: Any, start: Any, given: Any, execution: Any, ctx: dict[str, Any]) -> Any:
        name = _map.get()
        if name is None or not execution:
            return sub_machine(states, start, given, execution, ctx)
        token, about = _map.set(None), {"name": name, "index": ctx["Map"]["Item"]["Index"]}
        _tell(execution, "MapIterationStarted", **about)
        try:
            result = sub_machine(states, start, given, execution, ctx)
        except Exception:
            _tell(execution, "MapIterationFailed", **about)
            raise
        finally:
            _map.reset(token)
        _tell(execution, "MapIterationSucceeded", **about)
        return result

    adapter.replace("items of an inline map", run_items)
    adapter.replace("states of an iteration", run_iteration)


def _is_distributed(state: dict[str, Any]) -> bool:
    processor = state.get("Iterator") or state.get("ItemProcessor") or {}
    return (processor.get("ProcessorConfig") or {}).get("Mode") == "DISTRIBUTED"


def _length(state: dict[str, Any], raw_input: Any, ctx: dict[str, Any]) -> int | None:
    """How many items there are; None where an expression makes them."""
    if "Items" in state:
        return len(state["Items"]) if isinstance(state["Items"], list) else None
    try:
        given = adapter.read("value at a path")(state.get("InputPath", "$"), raw_input, ctx)
        found = adapter.read("value at a path")(state.get("ItemsPath", "$"), given, ctx)
    except adapter.read("error of an execution"):
        return None
    return len(found) if isinstance(found, list) else 1


def _tell(execution: dict[str, Any], kind: str, **details: Any) -> None:
    told = {name: value for name, value in details.items() if value is not None}
    member = f"{kind[0].lower()}{kind[1:]}EventDetails"
    adapter.read("event of an execution")(execution, kind, {member: told} if told else None)
