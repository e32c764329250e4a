"""The ledger against a DynamoDB that nobody here wrote: its expressions, its condition, its index."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from refarch.local import LocalCloud, adapter
from refarch_lambdas.interruptions.events import parse_event
from refarch_lambdas.interruptions.interruption import Case, Instance, Outcome, Problem
from refarch_lambdas.interruptions.ledger import TableLedger
from tests.lambdas.interruptions import corpus
from tests.lambdas.interruptions.corpus import TIME_EPOCH

if adapter.installed_version() is None:
    pytest.skip("needs the extra `local`", allow_module_level=True)

INSTANCE = "i-0123456789abcdef0"
NOW = TIME_EPOCH + 10
SCHEMA = {
    "KeySchema": [
        {"AttributeName": "instanceId", "KeyType": "HASH"},
        {"AttributeName": "interruption", "KeyType": "RANGE"},
    ],
    "AttributeDefinitions": [
        *({"AttributeName": name, "AttributeType": "S"} for name in ("instanceId", "interruption", "day")),
        {"AttributeName": "time", "AttributeType": "N"},
    ],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "ByDay",
            "KeySchema": [
                {"AttributeName": "day", "KeyType": "HASH"},
                {"AttributeName": "time", "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": "ALL"},
        }
    ],
    "BillingMode": "PAY_PER_REQUEST",
}


@pytest.fixture(scope="module")
def dynamodb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with LocalCloud.start(directory=tmp_path_factory.mktemp("cloud")) as cloud:
        yield cloud.client("dynamodb")


@pytest.fixture
def ledger(dynamodb: Any, tmp_path: Path) -> TableLedger:
    name = f"log-{abs(hash(tmp_path))}"
    dynamodb.create_table(TableName=name, **SCHEMA)
    return TableLedger(dynamodb, name, keep_days=400)


def case(time: str = corpus.TIME) -> Case:
    [interruption] = parse_event({**corpus.notice(INSTANCE), "time": time})
    return Case(interruption=interruption, instance=Instance(instance_id=INSTANCE, instance_type="m7g.large"))


def test_one_owner_at_a_time_and_what_is_done_stays_done(ledger: TableLedger) -> None:
    first = ledger.claim(case(), owner="one", now=NOW, until=NOW + 45)
    assert (first.taken, first.done) == (True, frozenset())
    ledger.record(case(), first, "deregister", Outcome(done=("a left b",)), NOW)
    ledger.record(case(), first, "drain", Outcome(problems=(Problem(action="drain", what="AccessDenied"),)), NOW)
    assert not ledger.claim(case(), owner="two", now=NOW + 1, until=NOW + 46).taken
    again = ledger.claim(case(), owner="one", now=NOW + 1, until=NOW + 46)
    assert (again.taken, again.done) == (True, {"deregister"})
    late = ledger.claim(case(), owner="two", now=NOW + 60, until=NOW + 105)
    assert (late.taken, late.done) == (True, {"deregister"})


def test_an_interruption_that_was_let_go_can_be_taken_at_once(ledger: TableLedger) -> None:
    first = ledger.claim(case(), owner="one", now=NOW, until=NOW + 45)
    ledger.close(case(), first, complete=False)
    assert ledger.claim(case(), owner="two", now=NOW + 1, until=NOW + 46).taken


def test_the_same_notice_is_found_by_time(ledger: TableLedger) -> None:
    keys = [
        ledger.claim(case(time), owner="one", now=NOW, until=NOW + 45).key
        for time in (corpus.TIME, "2026-11-20T10:04:00Z", "2026-11-20T11:00:00Z")
    ]
    assert keys == ["notice#2026-11-20T10:00:00Z"] * 2 + ["notice#2026-11-20T11:00:00Z"]


def test_a_day_can_be_read(ledger: TableLedger, dynamodb: Any) -> None:
    for time in ("2026-11-20T10:00:00Z", "2026-11-20T12:00:00Z", "2026-11-21T10:00:00Z"):
        ledger.close(case(time), ledger.claim(case(time), owner="one", now=NOW, until=NOW + 45), complete=True)
    items = dynamodb.query(
        TableName=ledger._table,
        IndexName="ByDay",
        KeyConditionExpression="#day = :day",
        ExpressionAttributeNames={"#day": "day"},
        ExpressionAttributeValues={":day": {"S": "2026-11-20"}},
    )["Items"]
    assert [(each["interruption"]["S"], each["state"]["S"]) for each in items] == [
        ("notice#2026-11-20T10:00:00Z", "done"),
        ("notice#2026-11-20T12:00:00Z", "done"),
    ]
