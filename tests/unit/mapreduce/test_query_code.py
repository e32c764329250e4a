"""A declarative job in the construct: its document, its layer, and that other jobs keep theirs."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Stack
from aws_cdk import aws_lambda as lambda_
from aws_cdk.assertions import Template

from refarch._shared.checks import InvalidPropsError
from refarch.mapreduce import JobCode, MapReduce, MapReduceProps, query_layer
from refarch.mapreduce.job_code import InvalidJobCodeError
from refarch_lambdas.mapreduce.query.job import load_query

ROOT = Path(__file__).resolve().parents[3]
QUERY: dict[str, Any] = {
    "format": "csv",
    "columns": ["ip", {"name": "revenue", "type": "number"}],
    "group_by": [{"column": "ip", "start": 1, "length": 8}],
    "aggregates": [{"function": "sum", "column": "revenue"}],
}


def test_the_document_goes_into_the_functions_whatever_form_it_had(tmp_path: Path) -> None:
    path = tmp_path / "query.json"
    path.write_text(json.dumps(QUERY))
    jobs = [JobCode.query(QUERY), JobCode.query(path), JobCode.query(str(path))]
    assert jobs[0].declared is not None
    jobs.append(JobCode.query(jobs[0].declared))
    assert all(job == jobs[0] for job in jobs)
    assert load_query(jobs[0].files[jobs[0].module]).query == jobs[0].declared


def test_all_that_is_wrong_with_a_document_is_said_before_anything_is_deployed(tmp_path: Path) -> None:
    with pytest.raises(InvalidJobCodeError, match=r"query: format is 'xml'.*"):
        JobCode.query(QUERY | {"format": "xml"})
    with pytest.raises(InvalidJobCodeError, match=r"column 'cost' is unknown.*limit is unknown|limit.*cost"):
        JobCode.query(QUERY | {"limit": 1, "aggregates": [{"function": "sum", "column": "cost"}]})
    with pytest.raises(InvalidJobCodeError, match=r"ends with \.json or \.toml"):
        JobCode.query(tmp_path / "query.sql")
    with pytest.raises(InvalidJobCodeError, match=r"nowhere\.json"):
        JobCode.query(tmp_path / "nowhere.json")


def functions(template: Template) -> dict[str, list[Any]]:
    found = template.find_resources("AWS::Lambda::Function")
    return {name: each["Properties"].get("Layers", []) for name, each in found.items() if "MapReduce" in name}


def test_mapper_and_reducer_get_the_engine_and_the_coordinator_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "python").mkdir()
    monkeypatch.setattr(query_layer, "engine_folder", lambda python, architecture: tmp_path)
    stack = Stack(App(), "Test")
    built = MapReduce(stack, "MapReduce", props=MapReduceProps(job=JobCode.query(QUERY)))
    template = Template.from_stack(stack)
    template.resource_count_is("AWS::Lambda::LayerVersion", 1)
    assert built.query_layer is not None
    counts = {name: len(layers) for name, layers in functions(template).items()}
    assert sorted(counts.values()) == [1, 2, 2]
    assert next(count for name, count in counts.items() if "Coordinator" in name) == 1


def test_another_job_has_no_engine_and_may_not_be_given_one() -> None:
    stack = Stack(App(), "Test")
    MapReduce(stack, "MapReduce")
    Template.from_stack(stack).resource_count_is("AWS::Lambda::LayerVersion", 0)
    layer = lambda_.LayerVersion.from_layer_version_arn(stack, "Own", "arn:aws:lambda:eu-west-1:111122223333:layer:a:1")
    with pytest.raises(InvalidPropsError, match="query_layer"):
        MapReduceProps(query_layer=layer)
    with pytest.raises(InvalidPropsError, match="at most 3"):
        MapReduceProps(job=JobCode.query(QUERY), layers=[layer] * 4)


def test_the_engine_is_the_very_version_that_the_tests_run_with() -> None:
    lock = query_layer.LOCK.read_text().splitlines()
    pinned = [line.strip(" \\") for line in lock if not line.startswith("#")]
    known = [line.strip(" \\") for line in (ROOT / "requirements-dev.txt").read_text().splitlines()]
    assert pinned[0].startswith("duckdb==")
    assert set(pinned) <= set(known)
    assert "--require-hashes" in query_layer.download_command("3.13", "arm64", Path("x"))


def test_what_comes_out_of_the_cache_is_not_fetched_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wheel = tmp_path / "duckdb.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("duckdb/__init__.py", "")
        archive.writestr("duckdb/__init__.pyi", "")
    fetched: list[str] = []

    def download(target: Path, python: str, architecture: str) -> Path:
        fetched.append(architecture)
        return wheel

    monkeypatch.setattr(query_layer, "_download", download)
    folders = {query_layer.engine_folder("3.13", "arm64", cache=tmp_path / "cache") for _ in range(2)}
    assert fetched == ["arm64"]
    assert [path.name for folder in folders for path in folder.rglob("*.py*")] == ["__init__.py"]
    monkeypatch.setattr(query_layer, "MOST_BYTES", -1)
    with pytest.raises(query_layer.EngineUnavailableError, match="allowed are"):
        query_layer.unpack(wheel, tmp_path / "other")
