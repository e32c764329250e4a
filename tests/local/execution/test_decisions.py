"""The decisions of AWS Batch without AWS: retries, dependencies, places, definitions, and the registry of images."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refarch.local.execution import images, shapes
from refarch.local.execution.batch import definitions, dependencies
from refarch.local.execution.batch.places import NOWHERE, Queue, Room, Waiting, choose, stuck
from refarch.local.execution.batch.retries import tries_again
from refarch.local.execution.container import arrange, relocated
from refarch.local.execution.workflows import targets

SPOT = [{"onStatusReason": "Host EC2*", "action": "RETRY"}, {"onReason": "*", "action": "EXIT"}]
EXITED = "Essential container in task exited"


@pytest.mark.parametrize(
    ("strategy", "attempt", "code", "reason", "status_reason", "again"),
    [
        ({}, 1, 1, "", EXITED, False),
        (None, 1, 1, "", EXITED, False),
        ({"attempts": 3}, 2, 1, "", EXITED, True),
        ({"attempts": 3}, 3, 1, "", EXITED, False),
        ({"attempts": 3, "evaluateOnExit": SPOT}, 1, None, "", "Host EC2 (instance i-1) terminated.", True),
        ({"attempts": 3, "evaluateOnExit": SPOT}, 1, 1, "", EXITED, False),
        ({"attempts": 3, "evaluateOnExit": [{"onExitCode": "13*", "action": "exit"}]}, 1, 137, "", EXITED, False),
        ({"attempts": 3, "evaluateOnExit": [{"onExitCode": "13*", "action": "exit"}]}, 1, 1, "", EXITED, True),
        (
            {"attempts": 2, "evaluateOnExit": [{"onExitCode": "1", "onStatusReason": "Host*", "action": "EXIT"}]},
            1,
            1,
            "",
            EXITED,
            True,  # one condition of two holds: the rule does not
        ),
        (
            {"attempts": 2, "evaluateOnExit": [{"onReason": "CannotPull*", "action": "RETRY"}]},
            1,
            None,
            "CannotPullContainerError: x",
            "",
            True,
        ),
    ],
)
def test_whether_an_attempt_is_repeated(
    strategy: Any, attempt: int, code: int | None, reason: str, status_reason: str, again: bool
) -> None:
    assert tries_again(strategy, attempt, code, reason, status_reason) is again


def test_what_a_child_of_an_array_waits_for() -> None:
    plain, pairs, chain = {"jobId": "a"}, {"jobId": "b", "type": "N_TO_N"}, {"type": "SEQUENTIAL"}
    assert dependencies.awaited([plain, pairs, chain], "c:2", 2) == ["a", "b:2", "c:1"]
    assert dependencies.awaited([chain], "c:0", 0) == []
    assert dependencies.awaited([plain], "c", None) == ["a"]


@pytest.mark.parametrize(
    ("states", "verdict"),
    [([], "ready"), (["RUNNING"], "waiting"), (["SUCCEEDED", None], "ready"), (["RUNNING", "FAILED"], "failed")],
)
def test_what_the_states_of_others_mean(states: list[str | None], verdict: str) -> None:
    assert dependencies.verdict(states) == verdict


def test_every_problem_of_dependencies_is_told() -> None:
    given = [{"type": "SEQUENTIAL"}, {"jobId": "gone"}, {"jobId": "plain", "type": "N_TO_N"}, {"type": "AFTER"}, {}]
    found = dependencies.problems(given, False, {"plain": 0}.get)
    assert len(found) == 5
    assert dependencies.problems([{"jobId": "array", "type": "N_TO_N"}], True, {"array": 3}.get) == []


def test_the_higher_queue_goes_first_and_a_waiting_job_is_not_overtaken() -> None:
    queues = {"low": Queue(1, ("e",)), "high": Queue(9, ("e",))}
    waiting = [Waiting("a", "low", 1, 1), Waiting("b", "high", 3, 2), Waiting("c", "high", 2, 3)]
    started = choose(waiting, queues, {"e": Room(4)})
    assert [(entry.job, place) for entry, place in started] == [("b", "e")]  # c waits, and a behind it


def test_a_job_that_can_never_run_says_so_and_holds_up_nobody() -> None:
    queues, rooms = {"q": Queue(1, ("e", "f")), "empty": Queue(1, ("disabled",))}, {"e": Room(2), "f": Room(4)}
    large, small = Waiting("large", "q", 8, 1), Waiting("small", "q", 3, 2)
    assert [(entry.job, place) for entry, place in choose([large, small], queues, rooms)] == [("small", "f")]
    assert "8 vCPUs" in (stuck(large, queues, rooms) or "")
    assert stuck(small, queues, rooms) is None
    assert stuck(Waiting("x", "empty", 1, 3), queues, rooms) == NOWHERE


@given(st.lists(st.tuples(st.sampled_from(["q", "r"]), st.integers(1, 6)), max_size=20), st.integers(1, 8))
def test_an_environment_is_never_overfull(sizes: list[tuple[str, int]], most: int) -> None:
    rooms = {"e": Room(most)}
    waiting = [Waiting(str(number), queue, vcpus, number) for number, (queue, vcpus) in enumerate(sizes)]
    started = choose(waiting, {"q": Queue(1, ("e",)), "r": Queue(2, ("e",))}, rooms)
    assert rooms["e"].used == sum(entry.vcpus for entry, _ in started) <= most


def test_parameters_and_overrides() -> None:
    definition = {
        "parameters": {"who": "nobody", "other": "x"},
        "containerProperties": {
            "image": "i",
            "command": ["greet", "Ref::who", "--to=Ref::other", "Ref::unknown"],
            "environment": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
            "resourceRequirements": [{"type": "VCPU", "value": "1"}, {"type": "MEMORY", "value": "64"}],
        },
    }
    overrides = {
        "environment": [{"name": "B", "value": "3"}, {"name": "AWS_BATCH_JOB_ID", "value": "forged"}],
        "resourceRequirements": [{"type": "VCPU", "value": "4"}],
    }
    made = definitions.container_of(definition, {"parameters": {"who": "you"}, "containerOverrides": overrides})
    assert made["command"] == ["greet", "you", "--to=x", "Ref::unknown"]
    assert definitions.environment_of(made) == {"A": "1", "B": "3"}
    assert definitions.vcpus_of(made) == 4
    assert made["resourceRequirements"][1] == {"type": "MEMORY", "value": "64"}


def test_what_aws_would_refuse_of_the_end_of_a_job() -> None:
    rules = [{"action": "MAYBE"}, *[{"action": "exit"}] * 5]
    given = {"retryStrategy": {"attempts": 11, "evaluateOnExit": rules}, "timeout": {"attemptDurationSeconds": 5}}
    assert len(definitions.end_problems(given)) == 4
    assert definitions.end_problems({}) == []


@pytest.mark.parametrize(
    "pattern", ["team/tool:1", "team/tool", "team/*", "1.dkr.ecr.eu-west-1.amazonaws.com/*", "*:1"]
)
def test_an_image_fits_with_and_without_registry_and_tag(pattern: str) -> None:
    assert images.fits(pattern, "1.dkr.ecr.eu-west-1.amazonaws.com/team/tool:1")
    assert not images.fits("team/tool:2", "1.dkr.ecr.eu-west-1.amazonaws.com/team/tool:1")


def test_an_image_by_digest_and_one_of_a_registry_with_a_port() -> None:
    assert images.fits("busybox", "public.ecr.aws/busybox@sha256:0123")
    assert images.fits("tool", "localhost:5000/tool")


def test_all_problems_of_a_registry_are_told_at_once(tmp_path: Path) -> None:
    (tmp_path / images.SHARED).write_text(
        'images = 1\n[[image]]\nprogram = "nowhere"\nentrypoint = "python"\nmounts = { data = "gone" }\nspeed = 3\n'
        'ports = { "0" = "PORT" }\n'
    )
    (tmp_path / ".refarch").mkdir()
    (tmp_path / images.OWN).write_text("[[image]\n")
    with pytest.raises(images.RegistryError) as caught:
        images.Registry(tmp_path).find("x")
    for word in (
        "no TOML",
        "'images'",
        "match is None",
        "nowhere",
        "entrypoint",
        "'data'",
        "gone",
        "'speed'",
        "'0' is no port",
    ):
        assert word in str(caught.value)


def test_ones_own_registry_is_looked_at_first(tmp_path: Path) -> None:
    (tmp_path / ".refarch").mkdir()
    for name, command in ((images.SHARED, "shared"), (images.OWN, "own")):
        (tmp_path / name).write_text(f'[[image]]\nmatch = "x"\ncommand = ["{command}"]\n')
    found = images.Registry(tmp_path).find("x:latest")
    assert found is not None
    assert found.command == ("own",)


def test_container_paths_are_relocated_as_whole_paths(tmp_path: Path) -> None:
    (tmp_path / "genome").mkdir()
    places = arrange(tmp_path, {"/ref": tmp_path / "genome"}, ["/scratch", "/ref/cache"])
    assert relocated("--in=/ref/a.fa,/ref", places) == f"--in={places['/ref']}/a.fa,{places['/ref']}"
    assert relocated("cat /scratch/x > /reference", places) == f"cat {places['/scratch']}/x > /reference"
    assert Path(places["/ref"]).resolve() == tmp_path / "genome"
    assert Path(places["/scratch"]).is_dir()


def test_spellings_leave_the_users_own_keys_alone() -> None:
    given = {"JobName": "x", "Parameters": {"MyKey": "v"}, "ContainerOverrides": {"Environment": [{"Name": "A"}]}}
    found = shapes.camel(given)
    assert found == {
        "jobName": "x",
        "parameters": {"MyKey": "v"},
        "containerOverrides": {"environment": [{"name": "A"}]},
    }
    assert shapes.pascal(found) == given


def test_the_task_of_a_rule() -> None:
    network = {"awsvpcConfiguration": {"Subnets": ["s"], "AssignPublicIp": "DISABLED"}}
    target = {"Arn": "arn:cluster", "EcsParameters": {"TaskDefinitionArn": "t", "NetworkConfiguration": network}}
    overrides = {"containerOverrides": [{"name": "c", "command": ["x"]}]}
    assert targets.task_request(target, {"Name": "nightly", "Arn": "arn:rule/nightly"}, overrides) == {
        "cluster": "arn:cluster",
        "taskDefinition": "t",
        "count": 1,
        "startedBy": "events-rule/nightly",
        "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["s"], "assignPublicIp": "DISABLED"}},
        "overrides": overrides,
    }
