"""`refarch genomics …` against clients that answer as recorded: what is started, said, written, and the exit code."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from click.testing import CliRunner, Result

from refarch.cli import main
from refarch.cli.genomics_follow import pause
from refarch.cli.genomics_session import Surroundings
from refarch.genomics.runs.model import Run, SampleRun

RECORDINGS = Path(__file__).parent / "recordings"
START = datetime(2026, 11, 22, 7, 49, 38, tzinfo=UTC)
STACK = "Genomics"
SAMPLE, COHORT = "arn:aws:states:us-east-1:1:stateMachine:Run", "arn:aws:states:us-east-1:1:stateMachine:Cohort"
MAP_RUN = f"{COHORT}/Runs:map".replace("stateMachine", "mapRun")
OUTPUTS = {
    "SampleMachineArn": SAMPLE,
    "CohortMachineArn": COHORT,
    "ResultsBucketName": "results-bucket",
    "InputBucketName": "input-bucket",
}
SHEET = "sampleId,fastq1S3Path,fastq2S3Path\nS1,s3://in-in/1.gz,s3://in-in/2.gz\nS2,s3://in-in/3.gz,s3://in-in/4.gz\n"


class World(Surroundings):
    """A stack whose runs end at the third look; each client is this object."""

    def __init__(self, ends: str = "SUCCEEDED", outputs: dict[str, str] = OUTPUTS) -> None:
        self.ends, self.outputs = ends, outputs
        self.started: list[dict[str, Any]] = []
        self.stored: dict[str, bytes] = {}
        self.looks = 0
        self.moment = START.timestamp()

    def client(self, service: str, region: str | None) -> Any:
        return self

    def sleep(self, seconds: float) -> None:
        self.moment += seconds

    def now(self) -> float:
        return self.moment

    def describe_stacks(self, StackName: str) -> Any:
        if StackName != STACK:
            answer = {"Error": {"Code": "ValidationError", "Message": f"Stack with id {StackName} does not exist"}}
            raise ClientError(answer, "DescribeStacks")  # type: ignore[arg-type]
        return {"Stacks": [{"Outputs": [{"OutputKey": k, "OutputValue": v} for k, v in self.outputs.items()]}]}

    def put_object(self, Bucket: str, Key: str, Body: bytes) -> None:
        self.stored[f"s3://{Bucket}/{Key}"] = Body

    def start_execution(self, **request: Any) -> Any:
        self.started.append(request)
        return {"executionArn": request["stateMachineArn"].replace("stateMachine", "execution") + ":e1"}

    def describe_execution(self, executionArn: str) -> Any:
        child = "/Runs" in executionArn
        self.looks += not child
        ended = self.looks > 2
        state = self.ends if ended else "RUNNING"
        machine = executionArn.rpartition(":")[0].replace("execution", "stateMachine")
        found = {"executionArn": executionArn, "stateMachineArn": machine, "status": state, "startDate": START}
        if ended:
            found["stopDate"] = START
        return found | ({"error": "CallFailed", "cause": "exit code 1"} if state == "FAILED" else {})

    def get_execution_history(self, executionArn: str) -> Any:
        events = json.loads((RECORDINGS / f"{'failed' if self.ends == 'FAILED' else 'succeeded'}.json").read_text())
        return {"events": events if self.looks > 2 else events[: self.looks]}

    def list_map_runs(self, executionArn: str) -> Any:
        return {"mapRuns": [{"mapRunArn": MAP_RUN}]}

    def describe_map_run(self, mapRunArn: str) -> Any:
        return {"itemCounts": {"total": 2}}

    def list_executions(self, mapRunArn: str, nextToken: str = "") -> Any:
        one = {
            "executionArn": f"{COHORT}/Runs:{nextToken or 'c1'}".replace("stateMachine", "execution"),
            "status": "RUNNING",
        }
        return {"executions": [one]} | ({} if nextToken else {"nextToken": "c2"})

    def list_jobs(self, jobQueue: str, filters: Any) -> Any:
        [name] = filters[0]["values"]
        old = {"jobId": f"old-{name}", "createdAt": int(START.timestamp() * 1000) - 60_000}
        return {"jobSummaryList": [{"jobId": name, "createdAt": int(START.timestamp() * 1000)}, old]}

    def describe_jobs(self, jobs: list[str]) -> Any:
        assert not any(job.startswith("old-") for job in jobs), "a job of an earlier run"
        return {"jobs": [{"jobId": job, "jobName": job, "status": "RUNNING", "container": {}} for job in jobs]}


def refarch(world: World, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["genomics", *arguments], obj=world)


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    path = tmp_path / "my samples.csv"
    path.write_text(SHEET)
    return path


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    path = tmp_path / "sample.json"
    path.write_text(json.dumps({"sampleId": "S1"}))
    return path


def test_a_cohort_is_uploaded_started_and_followed(sheet: Path, tmp_path: Path) -> None:
    world, page = World(), tmp_path / "report.html"
    options = ["--tolerated-failures", "5", "--max-concurrency", "3", "--force", "--report", str(page)]
    result = refarch(world, "run", STACK, "--sample-sheet", str(sheet), *options)
    assert result.exit_code == 0, result.output
    [(uri, body)] = world.stored.items()
    assert uri == "s3://input-bucket/sheets/20261122T074938-my-samples.csv"
    assert body.decode() == SHEET
    [request] = world.started
    assert request["stateMachineArn"] == COHORT
    assert json.loads(request["input"]) == {
        "sampleSheetS3Path": uri,
        "resultsS3Path": "s3://results-bucket/runs",
        "toleratedFailurePercentage": 5,
        "maxConcurrency": 3,
        "force": True,
    }
    assert "2 of 2 samples succeeded, 0 failed" in result.stdout
    assert "under $1 a sample; this is under" in result.stdout
    assert "Cohort of 2" in page.read_text()


def test_progress_is_told_for_each_step_once(sample: Path) -> None:
    result = refarch(World(), "run", STACK, "--input", str(sample))
    told = [line.split("s  ", 1)[1].split() for line in result.stderr.splitlines()]
    assert [" ".join(words[:3]) for words in told] == [
        "S1 align running",
        "S1 align succeeded",
        "S1 call running",
        "S1 statistics running",
        "S1 call succeeded",
        "S1 annotate succeeded",
        "S1 statistics succeeded",
        "S1 sample succeeded",
    ]
    assert result.exit_code == 0


def test_a_run_that_fails_ends_with_one_and_its_reason(sample: Path) -> None:
    result = refarch(World("FAILED"), "run", STACK, "--input", str(sample))
    assert result.exit_code == 1
    assert "CallFailed: exit code 1" in result.stdout
    assert "call        failed" in result.stderr


def test_a_sheet_is_checked_before_anything_is_started(sheet: Path) -> None:
    sheet.write_text(SHEET + "S1,s3://in-in/ 5.gz,http://in/6.gz\n")
    world = World()
    result = refarch(world, "run", STACK, "--sample-sheet", str(sheet))
    assert (result.exit_code, world.started, world.stored) == (1, [], {})
    assert "line 4: fastq1S3Path is 's3://in-in/ 5.gz'" in result.output
    assert "line 4: sampleId 'S1' stands in line 2 as well" in result.output


def test_a_sheet_in_s3_is_taken_as_it_is() -> None:
    world = World()
    refarch(world, "run", STACK, "--sample-sheet", "s3://b-b/sheet.csv", "--no-wait")
    assert json.loads(world.started[0]["input"])["sampleSheetS3Path"] == "s3://b-b/sheet.csv"
    assert world.stored == {}


def test_without_waiting_it_says_how_to_come_back(sample: Path) -> None:
    world = World()
    result = refarch(world, "run", STACK, "--input", str(sample), "--no-wait", "--region", "eu-west-1")
    assert result.exit_code == 0
    arn = f"{SAMPLE}:e1".replace("stateMachine", "execution")
    assert f"refarch genomics status {STACK} {arn} --region eu-west-1" in result.output
    assert world.looks == 0


def test_ctrl_c_leaves_the_run_running(sample: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_self: World, _seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(World, "sleep", interrupted)
    result = refarch(World(), "run", STACK, "--input", str(sample))
    assert result.exit_code == 130
    assert f"refarch genomics report {STACK}" in result.output


def test_status_and_report_find_a_run_by_its_name(tmp_path: Path) -> None:
    world = World("FAILED")
    world.looks = 5
    result = refarch(world, "status", STACK, "e1")
    assert (
        "S2               failed     align succeeded, call failed, annotate not run, statistics succeeded"
        in result.output
    )
    page = tmp_path / "page.html"
    assert refarch(world, "report", STACK, "cohort:e1", "--to", str(page)).exit_code == 0
    assert "Cohort of 2" in page.read_text()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run", STACK], "nothing to run: give --sample-sheet, or --input"),
        (["run", "Other", "--sample-sheet", "s3://b-b/x"], "there is no stack 'Other'"),
        (["run", STACK, "--sample-sheet", "nowhere.csv"], "there is no sample sheet 'nowhere.csv'"),
        (["run", STACK, "--input", "SAMPLE", "--max-concurrency", "3"], "are for a cohort"),
        (["image", "bwa", "--to", "."], "is not empty"),
    ],
)
def test_what_cannot_be_done_is_said_plainly(arguments: list[str], said: str, sample: Path) -> None:
    result = refarch(World(), *[str(sample) if word == "SAMPLE" else word for word in arguments])
    assert result.exit_code == 1
    assert said in result.output
    assert "Traceback" not in result.output


def test_another_stack_is_told_apart(sample: Path) -> None:
    result = refarch(World(outputs={"JobBucket": "x"}), "run", STACK, "--input", str(sample))
    assert "is no Genomics stack: it has no output SampleMachineArn" in result.output
    without = {key: value for key, value in OUTPUTS.items() if key != "CohortMachineArn"}
    result = refarch(World(outputs=without), "run", STACK, "--sample-sheet", "s3://b-b/x")
    assert "was deployed without cohorts" in result.output


def test_schemas_and_images_need_no_aws(tmp_path: Path) -> None:
    printed = json.loads(refarch(World(), "schema", "sample-v1").output)
    assert printed["required"] == ["sampleId", "fastq1S3Path", "fastq2S3Path", "resultsS3Path"]
    result = refarch(World(), "image", "bwa", "--to", str(tmp_path / "bwa"))
    assert f"docker build -t refarch-genomics/bwa {tmp_path / 'bwa'}" in result.output
    assert (tmp_path / "bwa" / "Dockerfile").exists()


@pytest.mark.parametrize(("running", "seconds"), [(1, 2), (500, 100)])
def test_a_large_cohort_is_looked_at_less_often(running: int, seconds: float) -> None:
    samples = [SampleRun(sample=str(n), execution=str(n), state="RUNNING", start=0) for n in range(running)]
    assert pause(Run(name="r", execution="r", state="RUNNING", start=0, samples=samples)) == seconds
