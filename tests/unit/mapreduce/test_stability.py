"""Properties of every MapReduce: valid props synthesize, the same props give the same template, ids stay."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import Duration
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sns as sns
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from refarch.mapreduce import JobCode, MapReduce, MapReduceProps

Bench = Callable[..., Any]

SIZES = st.integers(128, 10_240)
VALUES = st.fixed_dictionaries(
    {},
    optional={
        "memory_mb": SIZES,
        "reducer_memory_mb": SIZES,
        "ephemeral_storage_mb": st.integers(512, 10_240),
        "task_timeout": st.integers(1, 900).map(Duration.seconds),
        "coordinator_timeout": st.integers(5, 900).map(Duration.seconds),
        "watchdog_interval": st.integers(1, 900).map(Duration.seconds),
        "concurrent_lambdas": st.integers(1, 10_000),
        "max_attempts": st.integers(1, 10),
        "prefix": st.from_regex(r"\A([A-Za-z0-9!_.'()-]{1,9}/){0,3}\Z"),
        "tracing": st.booleans(),
        "job_retention": st.none() | st.integers(1, 3650).map(Duration.days),
        "log_retention": st.sampled_from(list(logs.RetentionDays)),
        "architecture": st.sampled_from([lambda_.Architecture.ARM_64, lambda_.Architecture.X86_64]),
        "runtime": st.sampled_from([lambda_.Runtime.PYTHON_3_11, lambda_.Runtime.PYTHON_3_14]),
        "environment": st.dictionaries(
            st.from_regex(r"\AMY_[A-Z]{1,8}\Z"), st.text('abc é"\\$', max_size=9), max_size=3
        ),
    },
)


def template(bench: Any, **values: Any) -> dict[str, Any]:
    MapReduce(bench.stack, "M", props=MapReduceProps(**values))
    built: dict[str, Any] = bench.template()
    return built


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=VALUES)
def test_valid_props_synthesize_and_always_to_the_same_template(values: dict[str, Any], new_bench: Bench) -> None:
    first = template(new_bench(), **values)
    assert first == template(new_bench(), **values)
    types = sorted(each["Type"] for each in first["Resources"].values())
    assert types.count("AWS::Lambda::Function") == 4  # ours, and the CDK's handler for notifications


def test_an_optional_prop_renames_nothing_that_exists(new_bench: Bench, job_file: Path) -> None:
    """Each alone, on top of the defaults: a renamed resource would be replaced in every deployment."""
    before = set(template(new_bench())["Resources"])
    network = ("vpc", lambda stack: ec2.Vpc(stack, "V", nat_gateways=0))
    topic = ("alarm_topic", lambda stack: sns.Topic(stack, "T"))
    additions: list[tuple[str, Any]] = [
        network,
        topic,
        ("tracing", lambda _: True),
        ("job", lambda _: JobCode.from_path(job_file)),
        ("environment", lambda _: {"A": "b"}),
        ("prefix", lambda _: "team/"),
        ("mapper_overrides", lambda _: {"reserved_concurrent_executions": 5}),
    ]
    for name, make in additions:
        bench = new_bench()
        assert before <= set(template(bench, **{name: make(bench.stack)})["Resources"]), name


def test_another_stack_name_renames_nothing(new_bench: Bench) -> None:
    bench = new_bench()
    other = cdk.Stack(bench.app, "Renamed")
    for stack in (bench.stack, other):
        MapReduce(stack, "M")
    ids = [set(bench.template(stack)["Resources"]) for stack in (bench.stack, other)]
    assert ids[0] == ids[1]


def hashes(built: dict[str, Any]) -> dict[str, str]:
    functions = {name: each for name, each in built["Resources"].items() if "Code" in each.get("Properties", {})}
    return {name: json.dumps(each["Properties"]["Code"]) for name, each in functions.items() if name.startswith("M")}


def test_compiled_files_next_to_the_sources_change_no_hash(new_bench: Bench, job_file: Path) -> None:
    """Running the job's own tests leaves __pycache__ behind; a deployment must not follow from that."""
    folder = job_file.parent
    clean = hashes(template(new_bench(), job=JobCode.from_directory(folder, module=job_file.stem)))
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "word_count.cpython-313.pyc").write_bytes(b"compiled")
    assert hashes(template(new_bench(), job=JobCode.from_directory(folder, module=job_file.stem))) == clean


def test_a_change_of_the_job_leaves_the_coordinator_alone(new_bench: Bench, job_file: Path) -> None:
    before = hashes(template(new_bench(), job=JobCode.from_path(job_file)))
    job_file.write_text(job_file.read_text() + "# changed\n")
    after = hashes(template(new_bench(), job=JobCode.from_path(job_file)))
    changed = {name for name in before if before[name] != after[name]}
    assert {name[1:7] for name in changed} == {"Mapper", "Reduce"}
