"""What the room keeps over a restart survives the way through JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from refarch.local.resources import records
from refarch.local.resources.application_autoscaling import store

TARGET = ("ecs", "service/a/b", "ecs:service:DesiredCount")


@pytest.fixture(autouse=True)
def _emptied() -> Iterator[None]:
    yield
    store.empty()
    for key in records.listed():
        records.remove(key)


def test_records() -> None:
    key = ("000000000000", "us-east-1", "AWS::FSx::FileSystem", "fs-1")
    records.put(key, records.Record({"A": 1}, {"Id": "fs-1"}, None))
    saved = json.loads(json.dumps(records._save()))
    kept = records.remove(key)
    records._load(saved)
    assert records.get(key) == kept


def test_registrations() -> None:
    region = store.Region({TARGET: {"MinCapacity": 1}}, {(TARGET, "p"): {"PolicyName": "p"}}, {(TARGET, "a"): {"x": 1}})
    region.tags["arn"] = {"k": "v"}
    store.load([])
    store._regions["1", "us-east-1"] = region
    saved = json.loads(json.dumps(store.save()))
    store.empty()
    store.load(saved)
    assert store.everywhere() == [("1", "us-east-1", region)]
