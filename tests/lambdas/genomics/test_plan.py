"""What is run, skipped and refused, and how long each job may take."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from refarch_lambdas.genomics.inputs import InvalidInput, SampleRequest, read_sample
from refarch_lambdas.genomics.outputs import Seen, fingerprints, looked_at, outputs_of, steps_to_run
from refarch_lambdas.genomics.plan import make_plan
from refarch_lambdas.genomics.settings import Settings, StepSettings
from refarch_lambdas.genomics.timeouts import GIB, attempt_seconds, state_seconds

QUEUES = ("arn:aws:batch:us-east-1:1:job-queue/High", "arn:aws:batch:us-east-1:1:job-queue/Low")
STEPS = ("align", "call", "annotate", "statistics")
NOW = datetime(2026, 1, 2, tzinfo=UTC)
DOCUMENT = {
    "sampleId": "S1",
    "fastq1S3Path": "s3://inputs/a.gz",
    "fastq2S3Path": "s3://inputs/b.gz",
    "referenceS3Path": "s3://inputs/hg38.fa",
    "resultsS3Path": "s3://results/runs",
}


def step(name: str, **changes: Any) -> StepSettings:
    made = StepSettings(
        definition=f"arn:aws:batch:us-east-1:1:job-definition/{name}:3",
        queue=QUEUES[0],
        image=f"{name}:1",
        vcpus=32,
        memory_mib=80_000,
        attempts=3,
        seconds_a_gib=600,
        defaults={"WorkingDir": "/scratch"},
    )
    return replace(made, **changes)


SETTINGS = Settings(
    steps={name: step(name) for name in STEPS},
    queues=QUEUES,
    thresholds={"minReads": 1},
    results="s3://results/",
    waiting_seconds=86_400,
)


def request(**changes: Any) -> SampleRequest:
    return read_sample({**DOCUMENT, **changes}, SETTINGS.defaults)


def inputs(asked: SampleRequest, size: int = GIB) -> dict[str, Seen | None]:
    """S3 with the inputs alone."""
    world: dict[str, Seen | None] = dict.fromkeys(looked_at(asked))
    for uri in ("s3://inputs/a.gz", "s3://inputs/b.gz", "s3://inputs/hg38.fa"):
        world[uri] = Seen(size=size, etag=f"etag of {uri}", modified=NOW)
    return world


def finished(asked: SampleRequest, *steps: str, prints: bool = True, later: int = 1) -> dict[str, Seen | None]:
    """S3 with the inputs and the outputs of these steps."""
    world = inputs(asked)
    marks = fingerprints(asked, SETTINGS, world)
    for name in steps:
        for uri in outputs_of(name, asked.steps[name].parameters):
            modified = NOW + timedelta(hours=later)
            world[uri] = Seen(size=1, etag="e", modified=modified, fingerprint=marks[name] if prints else "")
    return world


def runs(asked: SampleRequest, world: dict[str, Seen | None]) -> list[str]:
    needed = steps_to_run(asked, fingerprints(asked, SETTINGS, world), world)
    return [name for name in STEPS if needed[name]]


@pytest.mark.parametrize(
    ("done", "wanted"),
    [
        ((), list(STEPS)),
        (STEPS, []),
        (("align",), ["call", "annotate", "statistics"]),
        (("align", "call"), ["annotate", "statistics"]),
        (("align", "statistics"), ["call", "annotate"]),
        (("call", "annotate", "statistics"), list(STEPS)),
    ],
)
def test_a_step_is_skipped_when_its_outputs_and_all_before_them_are_there(done: tuple[str, ...], wanted: Any) -> None:
    assert runs(request(), finished(request(), *done)) == wanted


def test_half_of_an_output_is_none() -> None:
    asked = request()
    world = finished(asked, *STEPS)
    world[outputs_of("align", asked.steps["align"].parameters)[1]] = None  # the index was never written
    assert runs(asked, world) == list(STEPS)


def test_by_force_everything_runs() -> None:
    assert runs(request(force=True), finished(request(), *STEPS)) == list(STEPS)


def test_other_arguments_run_their_step_and_what_depends_on_it() -> None:
    world = finished(request(), *STEPS)
    assert runs(request(call={"cmdArgs": " --exome "}), world) == ["call", "annotate"]
    assert runs(request(align={"cmdArgs": " -k 19 "}), world) == list(STEPS)
    assert runs(request(workingDir="/other"), world) == []  # where work is done changes nothing


def test_other_reads_under_the_same_name_run_everything() -> None:
    asked = request()
    world = finished(asked, *STEPS)
    world["s3://inputs/a.gz"] = Seen(size=GIB, etag="another", modified=NOW)
    assert runs(asked, world) == list(STEPS)


def test_outputs_of_something_else_count_when_they_are_newer_than_their_inputs() -> None:
    asked = request()
    assert runs(asked, finished(asked, *STEPS, prints=False, later=1)) == []
    assert runs(asked, finished(asked, *STEPS, prints=False, later=-1)) == list(STEPS)


def test_the_plan_names_jobs_queues_and_times() -> None:
    asked = request(snpEff={"jobQueue": "Low", "cmdArgs": "demo"}, sampleId="S.1", strelka={"vcpus": 16, "memory": 20})
    plan = make_plan(asked, SETTINGS, inputs(asked))
    align, call, annotate = (plan["steps"][name] for name in ("align", "call", "annotate"))
    assert (align["jobName"], align["jobQueue"], annotate["jobQueue"]) == ("align-S-1", QUEUES[0], QUEUES[1])
    assert align["jobDefinition"] == "arn:aws:batch:us-east-1:1:job-definition/align:3"
    assert align["attemptSeconds"] == 1800 + 2 * 600
    assert align["stateSeconds"] == 3 * align["attemptSeconds"] + 86_400
    assert call["attemptSeconds"] == 1800 + 2 * 600 * 2  # half of the vCPUs
    resources = {each["Type"]: each["Value"] for each in call["overrides"]["ResourceRequirements"]}
    told = {each["Name"]: each["Value"] for each in call["overrides"]["Environment"]}
    assert resources == {"VCPU": "16", "MEMORY": told["REFARCH_MEMORY_MIB"]}
    assert (told["REFARCH_VCPUS"], told["REFARCH_SAMPLE_ID"]) == ("16", "S.1")
    assert "ResourceRequirements" not in align["overrides"]
    assert plan["gate"]["thresholds"] == {"minReads": 1}
    assert plan["output"] == {"sampleId": "S.1", "resultsS3Path": "s3://results/runs/S.1"}


def test_a_revision_that_is_asked_for_is_taken() -> None:
    asked = request(isaac={"jobDefinition": "align:1"})
    plan = make_plan(asked, SETTINGS, inputs(asked))
    assert plan["steps"]["align"]["jobDefinition"].endswith("/align:1")


def test_everything_that_the_stack_does_not_have_is_said_at_once() -> None:
    asked = request(
        isaac={"jobQueue": "fast"}, strelka={"jobDefinition": "other:1"}, resultsS3Path="s3://elsewhere/runs"
    )
    with pytest.raises(InvalidInput) as caught:
        make_plan(asked, SETTINGS, dict.fromkeys(looked_at(asked)))
    text = str(caught.value)
    assert "align.jobQueue is 'fast', allowed: one of High, Low" in text
    assert "call.jobDefinition is 'other:1', allowed: call:3" in text
    assert "FastQ1S3Path is 's3://inputs/a.gz', allowed: an object that exists" in text
    assert "ReferenceS3Path is 's3://inputs/hg38.fa'" in text
    assert "resultsS3Path is 's3://elsewhere/runs/S1/', allowed: below s3://results/" in text


def test_a_larger_sample_has_longer_and_no_job_has_for_ever() -> None:
    assert attempt_seconds(step("align"), 0) == 1800
    assert attempt_seconds(step("align"), 70 * GIB) == 1800 + 70 * 600
    assert attempt_seconds(step("align"), 10**15) == 7 * 86_400


def test_a_state_never_gives_up_before_its_job_does() -> None:
    """Generation 2 gave every job half an hour, a whole genome too, and then started another one beside it."""
    attempt = attempt_seconds(step("align"), 70 * GIB)
    assert attempt > 1800
    assert state_seconds(attempt, 3, 86_400) > 3 * attempt
