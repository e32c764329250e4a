"""The table of overrides decides every disagreement of the two sources, and nothing that is none any more."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from refarch.gate.diff.keeping import holds_data
from refarch.gate.schemas import ResourceSchema, data_bearing, schema_of
from refarch.gate.schemas.overrides import Effect, all_overrides
from refarch.gate.schemas.reader import all_types
from refarch.gate.schemas.witness import Disagreement, disagreements, read_database, stateful

DATABASE = Path(__file__).resolve().parents[3] / "node_modules" / "aws-cdk" / "db.json.gz"


@pytest.fixture(scope="module")
def schemas() -> dict[str, ResourceSchema]:
    return all_types()


@pytest.fixture(scope="module")
def database() -> dict[str, Any]:
    if not DATABASE.exists():
        pytest.skip("the CDK command line is not installed: python3 bootstrap.py")
    return read_database(DATABASE)


def test_every_disagreement_is_decided(schemas: dict[str, ResourceSchema], database: dict[str, Any]) -> None:
    """Fails when cfn-lint or the CDK moves: review the new rows, and remove those that no source needs any more."""
    derived = set(disagreements(schemas, database))
    decided = {
        Disagreement(row.resource_type, ".".join(row.path), row.schema, row.cdk) for row in all_overrides() if row.cdk
    }
    assert {"to decide": sorted(derived - decided), "no longer": sorted(decided - derived)} == {
        "to decide": [],
        "no longer": [],
    }


def test_the_sources_agree_on_nearly_everything(schemas: dict[str, ResourceSchema], database: dict[str, Any]) -> None:
    count = sum(len(each["properties"]) for name, each in database.items() if name in schemas)
    different = len(list(disagreements(schemas, database)))
    print(f"{count:,} properties of both sources, {different} disagreements: {1 - different / count:.1%} agree")
    assert count > 10_000
    assert different / count < 0.03


def test_a_source_that_moves_is_noticed(schemas: dict[str, ResourceSchema], database: dict[str, Any]) -> None:
    moved = {**database["AWS::SQS::Queue"]["properties"], "DelaySeconds": {"causesReplacement": "yes"}}
    found = disagreements(schemas, {"AWS::SQS::Queue": {"properties": moved}})
    assert list(found) == [Disagreement("AWS::SQS::Queue", "DelaySeconds", "update", "replace")]


def test_both_lists_of_stateful_types_agree(database: dict[str, Any]) -> None:
    assert stateful(database) == data_bearing()


def test_every_row_is_about_a_property_that_exists() -> None:
    for row in all_overrides():
        schema = schema_of(row.resource_type)
        assert schema is not None, row
        assert row.cdk or row.path[0] in schema.properties, row  # the CDK knows some that the schema lacks
        assert len(row.reason) >= 20, row


def test_no_property_is_decided_twice() -> None:
    keys = [(row.resource_type, row.path) for row in all_overrides()]
    assert len(keys) == len(set(keys))


def test_every_type_that_holds_data_exists() -> None:
    assert [name for name in holds_data() if schema_of(name) is None] == []


def test_our_own_list_repeats_nothing_of_the_official_one() -> None:
    official = "CloudFormation's list of stateful types"
    assert data_bearing() == {name for name, reason in holds_data().items() if reason == official}


def test_a_row_that_was_looked_up_says_what_the_page_says() -> None:
    words = {"No interruption": Effect.UPDATE, "Replacement": Effect.REPLACE, "Some interruptions": Effect.MAYBE}
    read = [row for row in all_overrides() if row.documentation]
    assert len(read) >= 60
    assert [row for row in read if row.effect is not words[row.documentation]] == []


def test_how_many_rows_rest_on_no_page() -> None:
    """Printed for the record; the number must not grow: a new row is looked up."""
    unread = [row for row in all_overrides() if row.effect is Effect.MAYBE and not row.documentation]
    print(f"{len(unread)} of {len(all_overrides())} rows say maybe without a page")
    assert len(unread) <= 100
