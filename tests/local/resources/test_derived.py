"""Every type whose backing is derived: a stack makes it, its API shows it, and shows it no more afterwards."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from refarch.local.resources import backed_derived, derivation, schemas
from refarch.local.resources.api_backed import BACKED, CURATED
from tests.local.resources import round_trip, table

CASES: dict[str, Any] = json.loads(Path(__file__).with_name("derived_properties.json").read_text("utf-8"))


def test_each_is_made_by_a_stack_seen_by_its_service_and_gone_with_the_stack(bench: Any) -> None:
    cases = {name: {**case, "entry": backed_derived.table()[name]} for name, case in CASES.items()}
    assert round_trip.problems(bench.cloud, cases) == {}


def test_every_one_is_proved_and_no_other_is_called_real() -> None:
    assert set(CASES) == set(backed_derived.backed())
    assert set(CASES) == set(BACKED) - set(CURATED)


def test_every_other_type_has_its_reason() -> None:
    reasons = backed_derived.reasons()
    assert set(reasons) | set(BACKED) <= set(schemas.names())
    assert all(len(reason) > 10 for reason in reasons.values())


def test_what_an_api_refuses_is_recorded_and_said_so(stacks: Any) -> None:
    """A subnet group of MemoryDB is made by moto, which looks for the subnets in its own store."""
    made = {"Type": "AWS::Greengrass::CoreDefinition", "Properties": {"Name": "core", "Tags": {"a": "b"}}}
    stack = stacks.create({"X": made})
    assert stacks.status(stack) == "CREATE_COMPLETE", stacks.failures(stack)
    assert [one["real"] for one in stacks.recorded() if one["id"] == stacks.ids(stack)["X"]] == ["recorded only"]
    stacks.delete(stack)


def test_names_lead_to_operations() -> None:
    kind = schemas.find("AWS::Glue::Registry")
    assert kind is not None
    methods = {"create_registry": "CreateRegistry", "delete_registry": "DeleteRegistry", "get_registry": "GetRegistry"}
    found = derivation.candidate(kind, "glue", methods | {"list_registries": "ListRegistries"})
    assert isinstance(found, derivation.Candidate)
    assert (found.create, found.delete, found.update) == ("create_registry", "delete_registry", None)
    assert found.reads == ("get_registry", "list_registries")
    assert derivation.candidate(kind, "glue", {"create_registry": "CreateRegistry"}) == (
        "its API has no operation that ends it"
    )
    assert derivation.renamed(kind, ["RegistryName", "Description"]) == {"Name": "RegistryName"}
    assert derivation.clients("OpenSearchService", ["es"]) == ("opensearch",)
    assert derivation.clients("EMRServerless", ["emr", "emr-serverless"]) == ("emr-serverless",)


def test_the_page_of_types_is_current() -> None:
    assert table.PAGE.read_text("utf-8") == table.page(), "python -m tests.local.resources.table"
    assert table.short("making one was refused: Unknown AppConfig path: POST /x") == "the operation is not implemented"
