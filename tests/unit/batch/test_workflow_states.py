"""The states of a workflow, every branch, run by an interpreter of our own."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from refarch.batch.workflow_definition import cohort, single
from refarch.batch.workflow_names import Branches, CohortPlace, Flow, Names, steps_of
from refarch_lambdas.jobs.reasons import explain
from refarch_lambdas.jobs.redrives import fail_unless_redriven
from tests.unit.batch.states import Fails, Machine

NAMES = Names(prepare="prepare", explain="explain", topic="topic", gate="gate", shares={"align": "team"})
FLOW: Flow = ["align", Branches([["call", "annotate"], ["statistics"]])]
STEPS = ("align", "call", "annotate", "statistics")
JOB = "arn:aws:states:::batch:submitJob.sync"
TELL = "arn:aws:states:::sns:publish"


class World:
    """What the states call: plans, jobs that succeed or fail, the gate, the topic."""

    def __init__(
        self, *, done: tuple[str, ...] = (), fails: dict[str, Fails] | None = None, passed: bool = True
    ) -> None:
        self.done, self.fails, self.passed = done, fails or {}, passed
        self.submitted: list[dict[str, Any]] = []
        self.told: list[dict[str, Any]] = []
        self.calls: list[str] = []

    def __call__(self, resource: str, given: Any) -> Any:
        self.calls.append(resource)
        if resource == JOB:
            return self._job(given)
        if resource in self.fails:
            raise self.fails[resource]
        if resource == TELL:
            self.told.append(json.loads(given["Message"]))
        answers: dict[str, Callable[[], Any]] = {
            "prepare": lambda: self._prepared(given),
            "explain": lambda: _explained(given),
            "gate": lambda: {"passed": self.passed, "summary": "coverage is 3, at least 10"},
            TELL: lambda: {"MessageId": "1"},
        }
        return answers[resource]()

    def _prepared(self, given: Any) -> dict[str, Any]:
        if given["kind"] == "cohort":
            limits = {"maxConcurrency": 3, "toleratedFailurePercentage": given["document"]["tolerated"]}
            return {"bucket": "b", "key": "k", "common": {"c": 1}, **limits}
        sample = given["document"].get("sample", {"id": "S1"})["id"]
        step = {"jobQueue": "q", "jobDefinition": "d", "parameters": {}, "overrides": {}, "tags": {}}
        seconds = {"attemptSeconds": 60, "stateSeconds": 600}
        steps = {
            name: {"run": name not in self.done, "jobName": f"{name}-{sample}", **step, **seconds} for name in STEPS
        }
        return {"subject": sample, "steps": steps, "gate": {}, "output": {"o": 1}}

    def _job(self, given: dict[str, Any]) -> dict[str, Any]:
        self.submitted.append(given)
        if given["JobName"] in self.fails:
            raise self.fails[given["JobName"]]
        times = {"CreatedAt": 1, "StartedAt": 2, "StoppedAt": 3}
        container: dict[str, Any] = {"ResourceRequirements": []}
        return {
            "JobId": "1",
            "JobName": given["JobName"],
            "JobQueue": "q",
            "Attempts": [],
            "Container": container,
            **times,
        }

    @property
    def jobs(self) -> list[str]:
        return [each["JobName"].partition("-")[0] for each in self.submitted]


def _explained(given: dict[str, Any]) -> dict[str, Any]:
    """What the function does, its errors as Step Functions tells them."""
    if "failure" not in given:
        return explain(given["step"], given["error"], ["refarch: its own words"])
    try:
        return fail_unless_redriven(given["failure"], given["noted"], given["redrives"])
    except Exception as error:
        raise Fails(type(error).__name__, json.dumps({"errorMessage": str(error)})) from error


def failed_job(name: str, code: int = 9) -> Fails:
    """As Step Functions tells of a job that failed."""
    container = {"ExitCode": code, "LogStreamName": "log/1"}
    job = {"JobId": "j1", "JobName": name, "StatusReason": "Essential container in task exited", "Container": container}
    return Fails("States.TaskFailed", json.dumps({**job, "Attempts": [{}]}))


def run(world: World, **given: Any) -> Any:
    return Machine(single(FLOW, NAMES), world).run(given)


def fails(world: World) -> Fails:
    with pytest.raises(Fails) as caught:
        run(world)
    return caught.value


def test_all_jobs_run_in_their_order_and_the_output_tells_of_each() -> None:
    world = World()
    output = run(world)
    assert world.jobs == ["align", "call", "annotate", "statistics"]
    assert {name: step["state"] for name, step in output["steps"].items()} == dict.fromkeys(STEPS, "SUCCEEDED")
    assert output["steps"]["call"]["job"]["jobName"] == "call-S1"
    assert (output["subject"], output["output"], output["qc"]["passed"]) == ("S1", {"o": 1}, True)
    assert world.told == []


def test_a_share_goes_along_where_queues_have_shares() -> None:
    world = World()
    run(world)
    assert [each.get("ShareIdentifier") for each in world.submitted] == ["team", None, None, None]


@pytest.mark.parametrize("done", [("align",), ("call", "annotate"), ("statistics",), STEPS, ()])
def test_what_is_done_is_skipped_and_nothing_else(done: tuple[str, ...]) -> None:
    world = World(done=done)
    output = run(world)
    assert world.jobs == [step for step in STEPS if step not in done]
    assert {name for name, step in output["steps"].items() if step["state"] == "SKIPPED"} == set(done)


@pytest.mark.parametrize("step", STEPS)
def test_a_job_that_fails_fails_the_run_with_its_own_reason(step: str) -> None:
    """The original went on: the caller ran on a BAM that was not there, and the execution ended SUCCEEDED."""
    world = World(fails={f"{step}-S1": failed_job(f"{step}-S1")})
    failure = fails(world)
    assert failure.error == f"{step.capitalize()}Failed"
    assert failure.cause.startswith("its own words; exit code 9; Essential container in task exited")
    downstream = {"align": ("call", "annotate", "statistics"), "call": ("annotate",)}.get(step, ())
    assert not set(world.jobs) & set(downstream)
    assert "gate" not in world.calls
    assert world.told == [{"execution": "arn:run", "error": failure.error, "cause": failure.cause}]


@pytest.mark.parametrize("step", STEPS)
def test_a_job_that_failed_is_not_submitted_again(step: str) -> None:
    world = World(fails={f"{step}-S1": failed_job(f"{step}-S1")})
    fails(world)
    assert world.jobs.count(step) == 1


def test_a_state_that_ran_out_of_time_is_not_repeated_while_its_job_may_still_run() -> None:
    """Generation 2 of the original repeated it twice, and three jobs wrote the same files."""
    world = World(fails={"align-S1": Fails("States.Timeout", "")})
    assert (fails(world).error, world.jobs) == ("AlignFailed", ["align"])


def test_a_submission_that_the_service_could_not_take_is_tried_again() -> None:
    world = World(fails={"align-S1": Fails("Batch.AWSBatchException", "slow down")})
    failure = fails(world)
    assert world.jobs == ["align"] * 5
    assert (failure.error, failure.cause) == ("AlignFailed", "Batch.AWSBatchException: slow down")


def test_an_input_that_cannot_work_starts_nothing() -> None:
    cause = json.dumps({"errorMessage": "sampleId is '', allowed: a name", "errorType": "InvalidInput"})
    world = World(fails={"prepare": Fails("InvalidInput", cause)})
    failure = fails(world)
    assert (failure.error, failure.cause) == ("PrepareFailed", "sampleId is '', allowed: a name")
    assert world.jobs == []


def test_the_gate_decides() -> None:
    world = World(passed=False)
    failure = fails(world)
    assert (failure.error, failure.cause) == ("QualityGateFailed", "coverage is 3, at least 10")
    assert world.told[0]["error"] == "QualityGateFailed"


def test_a_gate_that_breaks_does_not_let_through() -> None:
    assert fails(World(fails={"gate": Fails("KeyError", "{}")})).error == "GateFailed"


def test_where_nobody_can_be_told_the_failure_is_not_hidden() -> None:
    broken = {"align-S1": failed_job("align-S1"), TELL: Fails("SNS.InternalErrorException", "")}
    world = World(fails=broken)
    assert fails(world).error == "AlignFailed"
    assert world.calls.count(TELL) == 4


def test_where_the_reason_cannot_be_found_the_run_fails_all_the_same() -> None:
    for step in STEPS:
        world = World(fails={f"{step}-S1": failed_job(f"{step}-S1"), "explain": Fails("Sandbox.Timedout", "late")})
        failure = fails(world)
        assert failure.error in ("Sandbox.Timedout",)
        assert world.told


def test_a_workflow_without_a_gate_ends_after_its_jobs() -> None:
    names = Names(prepare="prepare", explain="explain", topic="topic")
    output = Machine(single(["align"], names), World()).run({})
    assert set(output) == {"subject", "output", "steps"}


def in_a_cohort(world: World, tolerated: float, *, redriven: bool = False) -> Any:
    rows = [{"id": f"S{number}"} for number in range(1, 21)]
    machine = Machine(cohort(FLOW, NAMES, CohortPlace(bucket="results", prefix="cohorts")), world, lambda _: rows)
    machine.redriven = redriven
    return machine.run({"tolerated": tolerated})


def test_a_poisoned_sample_in_a_cohort_of_twenty() -> None:
    poison = {"call-S7": failed_job("call-S7")}
    world = World(fails=poison)
    output = in_a_cohort(world, 5)
    assert output == {"results": {"Bucket": "results", "Key": "manifest.json"}, "mapRun": "arn:map"}
    assert world.jobs.count("annotate") == 19
    assert world.told == []
    world = World(fails=poison)
    with pytest.raises(Fails) as caught:
        in_a_cohort(world, 0)
    assert caught.value.error == "States.ExceedToleratedFailureThreshold"
    assert world.told == []  # a rule tells of it: see test_workflow.py


def test_a_sample_of_a_cohort_that_is_redriven_begins_again_and_skips_what_is_done() -> None:
    class Mended(World):
        """The input of the seventh sample is mended after its first failure, and what it aligned stays aligned."""

        def _job(self, given: dict[str, Any]) -> dict[str, Any]:
            try:
                return super()._job(given)
            except Fails:
                self.fails, self.done = {}, ("align",)
                raise

    world = Mended(fails={"call-S7": failed_job("call-S7")})
    in_a_cohort(world, 0, redriven=True)
    seventh = [each["JobName"] for each in world.submitted if each["JobName"].endswith("-S7")]
    assert seventh == ["align-S7", "call-S7", "call-S7", "annotate-S7", "statistics-S7"]


def test_a_sample_that_is_redriven_and_not_mended_fails_again_with_its_reason() -> None:
    world = World(fails={"call-S7": failed_job("call-S7")})
    with pytest.raises(Fails):
        in_a_cohort(world, 0, redriven=True)
    assert world.jobs.count("call") == 20 + 1


def test_a_cohort_whose_sheet_is_wrong_starts_nothing() -> None:
    world = World(fails={"prepare": Fails("InvalidInput", json.dumps({"errorMessage": "line 3: twice"}))})
    with pytest.raises(Fails) as caught:
        in_a_cohort(world, 5)
    assert (caught.value.error, caught.value.cause, world.jobs) == ("CohortFailed", "line 3: twice", [])


def every_state(definition: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, state in definition["States"].items():
        yield name, state
        for inner in [*state.get("Branches", ()), *([state["ItemProcessor"]] if "ItemProcessor" in state else [])]:
            yield from every_state(inner)


def test_every_state_is_reached_by_these_tests() -> None:
    seen: set[str] = set()

    def go(world: World) -> None:
        machine = Machine(single(FLOW, NAMES), world)
        with contextlib.suppress(Fails):
            machine.run({})
        seen.update(machine.visited)

    for broken in (None, *(f"{step}-S1" for step in STEPS), "prepare", "gate"):
        go(World(fails={broken: failed_job(broken)} if broken else {}))
    go(World(done=STEPS))
    go(World(passed=False))
    assert {name for name, _ in every_state(single(FLOW, NAMES))} == seen


def test_no_field_is_null_for_the_cdk_leaves_nulls_out() -> None:
    """A `ResultPath: null` would vanish from the template, and the state's result would take the input's place."""
    place = CohortPlace(bucket="results", prefix="cohorts")
    for definition in (single(FLOW, NAMES), cohort(FLOW, NAMES, place)):
        assert "null" not in json.dumps(definition)


def test_the_steps_of_a_flow() -> None:
    assert tuple(steps_of(FLOW)) == STEPS
