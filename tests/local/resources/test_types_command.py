"""`refarch local types`, the routes behind it, and the paragraph after a deploy."""

from __future__ import annotations

from typing import Any

import pytest
from click.testing import CliRunner

from refarch.cli import main
from refarch.local.resources.summary import ask, only_recorded_since, paragraph


def listed(*arguments: str) -> tuple[int, list[str]]:
    done = CliRunner().invoke(main, ["local", "types", *arguments])
    return done.exit_code, done.output.splitlines()


def test_each_type_is_told_with_how_real_it_is() -> None:
    code, lines = listed("--filter", "natgateway")
    assert code == 0
    assert lines == ["AWS::EC2::NatGateway  API-backed", "1 types: 1 API-backed"]
    fleet = listed("--filter", "appstream::fleet")[1][0]
    assert fleet == "AWS::AppStream::Fleet  recorded only: neither the emulator nor moto has the service"
    assert any(line.split("  ")[0] == "AWS::AppStream::Fleet" for line in listed("--only", "recorded")[1])
    assert not any("AppStream" in line for line in listed("--only", "backed")[1])


def test_the_counts_cover_every_type() -> None:
    words = listed()[1][-1].split()
    assert int(words[0]) > 1800


def test_an_unknown_part_of_a_name_finds_nothing() -> None:
    assert listed("--filter", "nonsense") == (1, ["no type with 'nonsense' in its name"])


def test_the_routes_tell_the_same(bench: Any) -> None:
    found = ask(bench.cloud.endpoint_url, "types")
    assert found["types"]["AWS::EC2::NatGateway"] == "API-backed"
    assert found["types"]["AWS::AppStream::Fleet"] == "recorded only"
    assert sum(found["counts"].values()) == len(found["types"]) > 1800


@pytest.mark.parametrize(
    ("types", "said"),
    [
        ([], ""),
        (["A"], "1 resource was checked and recorded only, with no service behind: A."),
        (["B", "A", "B"], "3 resources were checked and recorded only, with no service behind: A, B (2)."),
    ],
)
def test_the_paragraph(types: list[str], said: str) -> None:
    assert paragraph(types) == said


def test_the_paragraph_stays_short() -> None:
    assert paragraph([f"T{number:02}" for number in range(40)]).endswith("T28, T29 and 10 types more.")


def test_a_placeholder_of_the_emulator_is_called_a_record(stacks: Any) -> None:
    documentation = {"RestApiId": {"Ref": "Api"}, "DocumentationVersion": "1"}
    stack = stacks.create(
        {
            "Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": "api"}},
            "Version": {"Type": "AWS::ApiGateway::DocumentationVersion", "Properties": documentation},
        }
    )
    assert [one["real"] for one in stacks.recorded("DocumentationVersion")] == ["recorded only"]
    stacks.delete(stack)
    assert stacks.recorded("DocumentationVersion") == []


def test_a_deploy_is_told_only_what_it_recorded_itself(stacks: Any) -> None:
    endpoint = stacks.bench.cloud.endpoint_url
    stacks.create({"Mesh": {"Type": "AWS::AppMesh::Mesh"}, "Queue": {"Type": "AWS::SQS::Queue"}})
    made = stacks.recorded("AppMesh")[-1]["changed"]
    assert "AWS::AppMesh::Mesh" in only_recorded_since(endpoint, made)
    assert "AWS::SQS" not in only_recorded_since(endpoint, 0)
    assert only_recorded_since(endpoint, made + 3600) == ""
    assert only_recorded_since("http://127.0.0.1:9", 0) == ""
