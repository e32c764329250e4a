"""EventBridge: patterns, transformers, buses."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

from tests.conformance.declared import behaviour
from tests.conformance.observing import World


def put(world: World, kind: str, detail: dict[str, Any]) -> str:
    """Put an event of a kind on the suite's bus; its id."""
    mark = uuid4().hex
    entry = {
        "Source": "conformance",
        "DetailType": kind,
        "Detail": json.dumps(detail | {"id": mark}),
        "EventBusName": world.of("Delivery", "Bus"),
    }
    assert world.client("events").put_events(Entries=[entry])["FailedEntryCount"] == 0
    return mark


def matches(world: World, kind: str, good: dict[str, Any], *others: dict[str, Any]) -> dict[str, Any]:
    """`good` reaches the function by the rule of this kind, the others do not."""
    refused = [put(world, kind, detail) for detail in others]
    told = world.saw("Delivery", "Matched", put(world, kind, good))
    heard = json.dumps(world.seen("Delivery", "Matched"))
    assert [mark for mark in refused if mark in heard] == []
    assert told["rule"] == kind
    return dict(told)


@behaviour("EventBridge")
def test_events_prefix(world: World) -> None:
    """Pattern `prefix` on a bus of one's own.

    team-a matches, another-team does not.
    """
    matches(world, "prefix", {"name": "team-a"}, {"name": "another-team"}, {})


@behaviour("EventBridge")
def test_events_suffix(world: World) -> None:
    """Pattern `suffix`.

    a.png matches, a.png.txt does not.
    """
    matches(world, "suffix", {"file": "a.png"}, {"file": "a.png.txt"})


@behaviour("EventBridge")
def test_events_numeric(world: World) -> None:
    """Pattern `numeric` with two bounds.

    Of 10, 20 and 20.5 only 20 matches more than 10 and at most 20; the text "15" does not.
    """
    matches(world, "numeric", {"price": 20}, {"price": 10}, {"price": 20.5}, {"price": "15"})


@behaviour("EventBridge")
def test_events_anything_but(world: World) -> None:
    """Pattern `anything-but` with a list.

    `failed` matches; `ok`, `idle` and an event without the field do not.
    """
    matches(world, "anything-but", {"state": "failed"}, {"state": "ok"}, {"state": "idle"}, {})


@behaviour("EventBridge")
def test_events_exists(world: World) -> None:
    """Pattern `exists`, true and false.

    An event with an owner that is not retired matches, one without owner and one that is retired do not.
    """
    matches(world, "exists", {"owner": "me"}, {}, {"owner": "me", "retired": "yes"})


@behaviour("EventBridge")
def test_events_any_of(world: World) -> None:
    """Pattern `$or`.

    Either field is enough, neither is not.
    """
    matches(world, "any-of", {"left": 0, "right": 2}, {"left": 2, "right": 1})


@behaviour("EventBridge")
def test_events_wildcard(world: World) -> None:
    """Pattern `wildcard`.

    a/b/c/z matches a/*/z, a/b does not.
    """
    matches(world, "wildcard", {"path": "a/b/c/z"}, {"path": "a/b"})


@behaviour("EventBridge")
def test_events_input_transformer(world: World) -> None:
    """An input transformer makes what the target gets.

    Fields of the event stand in the object and inside of a text of the template, and nothing else.
    """
    told = matches(world, "prefix", {"name": "team-b", "more": 1})
    assert told["said"] == "conformance told prefix"
    assert set(told) == {"rule", "id", "said"}


@behaviour("EventBridge")
def test_events_bus_to_bus(world: World) -> None:
    """A rule forwards from the default bus to another bus.

    The event arrives in the queue behind the other bus with its source unchanged.
    """
    mark = uuid4().hex
    entry = {"Source": "conformance.forward", "DetailType": "x", "Detail": json.dumps({"id": mark})}
    world.client("events").put_events(Entries=[entry])
    event = json.loads(world.receive(world.of("Delivery", "Arrived"), mark)["Body"])
    assert event["source"] == "conformance.forward"
