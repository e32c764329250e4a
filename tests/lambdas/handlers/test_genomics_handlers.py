"""The genomics functions against S3, Batch and CloudWatch Logs, stubbed at the client."""

from __future__ import annotations

import gzip
import io
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from refarch_lambdas.genomics.inputs import InvalidInput
from refarch_lambdas.genomics.store import Store
from refarch_lambdas.genomics_prepare import handler as prepare
from refarch_lambdas.genomics_quality import handler as quality
from refarch_lambdas.genomics_status import handler as status
from refarch_lambdas.genomics_submit import handler as submit
from refarch_lambdas.job_reason import handler as reason

ARN = "arn:aws:batch:us-east-1:1"
STEP = {
    "queue": f"{ARN}:job-queue/High",
    "image": "tool:1",
    "vcpus": 4,
    "memory_mib": 8000,
    "attempts": 3,
    "seconds_a_gib": 60,
    "defaults": {"WorkingDir": "/scratch"},
}
SETTINGS = {
    "steps": {
        name: STEP | {"definition": f"{ARN}:job-definition/{name}:1"}
        for name in ("align", "call", "annotate", "statistics")
    },
    "queues": [f"{ARN}:job-queue/High"],
    "thresholds": {"minReads": 1, "minVariants": 1},
    "results": "s3://results/team",
    "waiting_seconds": 3600,
}
COMMON = {"referenceS3Path": "s3://inputs/hg38.fa", "resultsS3Path": "s3://results/team/runs"}
SAMPLE = {**COMMON, "sampleId": "S1", "fastq1S3Path": "s3://inputs/a.gz", "fastq2S3Path": "s3://inputs/b.gz"}


class FakeS3:
    """S3 as far as the functions use it."""

    def __init__(self, **objects: bytes) -> None:
        self.objects = {name.replace("__", "/"): body for name, body in objects.items()}
        self.denied: set[str] = set()

    def _found(self, bucket: str, key: str, missing: str) -> bytes:
        name = f"{bucket}/{key}"
        code = "403" if name in self.denied else missing
        if name in self.denied or name not in self.objects:
            raise ClientError({"Error": {"Code": code, "Message": "no"}}, "HeadObject")
        return self.objects[name]

    def head_object(self, Bucket: str, Key: str) -> dict[str, Any]:
        body = self._found(Bucket, Key, "404")
        stamp = datetime(2026, 1, 1, tzinfo=UTC)
        return {"ContentLength": len(body), "ETag": str(hash(body)), "LastModified": stamp, "Metadata": {}}

    def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:
        return {"Body": io.BytesIO(self._found(Bucket, Key, "NoSuchKey"))}

    def put_object(self, Bucket: str, Key: str, Body: bytes, **more: Any) -> None:
        self.objects[f"{Bucket}/{Key}"] = Body


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> FakeS3:
    made = FakeS3()
    made.objects = {f"inputs/{name}": name.encode() for name in ("a.gz", "b.gz", "hg38.fa")}
    monkeypatch.setenv("GENOMICS_SETTINGS", json.dumps(SETTINGS))
    for module in (prepare, quality):
        monkeypatch.setattr(module, "_store", lambda: Store(made))
    return made


def plan(document: dict[str, Any]) -> Any:
    return prepare.handler({"kind": "run", "document": document, "execution": "e1"}, None)


def test_a_sample_and_a_row_of_a_cohort_become_the_same_plan(s3: FakeS3) -> None:
    alone = plan(SAMPLE)
    row = {name: SAMPLE[name] for name in ("sampleId", "fastq1S3Path", "fastq2S3Path")}
    assert plan({"sample": row, "common": COMMON}) == alone
    assert [step["run"] for step in alone["steps"].values()] == [True] * 4


def test_what_may_not_be_read_is_said_before_anything_starts(s3: FakeS3) -> None:
    s3.denied.add("inputs/hg38.fa")
    with pytest.raises(InvalidInput, match=r"ReferenceS3Path is 's3://inputs/hg38.fa'"):
        plan(SAMPLE)


def cohort(document: dict[str, Any]) -> Any:
    return prepare.handler({"kind": "cohort", "document": document, "execution": "e1"}, None)


def test_a_cohort_gets_a_clean_copy_of_its_sheet(s3: FakeS3) -> None:
    rows = "fastq2S3Path,sampleId,fastq1S3Path,age\n# for people\n\ns3://inputs/b.gz,S1,s3://inputs/a.gz,40\n"
    s3.objects["inputs/sheet.csv"] = rows.encode()
    found = cohort({**COMMON, "sampleSheetS3Path": "s3://inputs/sheet.csv", "toleratedFailurePercentage": 5})
    assert (found["bucket"], found["key"], found["samples"]) == ("results", "team/sheets/e1.csv", 1)
    assert (found["toleratedFailurePercentage"], found["maxConcurrency"], found["common"]) == (5, 10, COMMON)
    copy = s3.objects["results/team/sheets/e1.csv"].decode()
    assert copy == "sampleId,fastq1S3Path,fastq2S3Path\nS1,s3://inputs/a.gz,s3://inputs/b.gz\n"


def test_a_sheet_that_is_not_there(s3: FakeS3) -> None:
    with pytest.raises(InvalidInput, match=r"sampleSheetS3Path is 's3://inputs/none.csv'"):
        cohort({**COMMON, "sampleSheetS3Path": "s3://inputs/none.csv"})


def test_the_gate_reads_judges_and_keeps_its_report(s3: FakeS3) -> None:
    gate = plan(SAMPLE)["gate"]
    s3.objects["results/team/runs/S1/stats/bam_stats.dat"] = b"SN\traw total sequences:\t10\n"
    s3.objects["results/team/runs/S1/vcf/variants/variants.vcf.gz"] = gzip.compress(b"#CHROM\nchr1\t1\nchr1\t2\n")
    found = quality.handler({"gate": gate, "subject": "S1"}, None)
    assert (found["passed"], found["metrics"]["variants"], found["metrics"]["meanCoverage"]) == (True, 2, None)
    assert json.loads(s3.objects["results/team/runs/S1/qc/qc.json"]) == found


class FakeBatch:
    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []

    def submit_job(self, **given: Any) -> dict[str, str]:
        self.asked.append(given)
        if given["jobQueue"] == "none":
            raise ClientError({"Error": {"Code": "ClientException", "Message": "JobQueue none"}}, "SubmitJob")
        return {"jobId": "j1"}

    def describe_jobs(self, jobs: list[str]) -> dict[str, Any]:
        return {"jobs": [{"status": "RUNNING"}] if jobs == ["j1"] else []}


def test_the_posts_two_functions(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeBatch()
    for module in (submit, status):
        monkeypatch.setattr(module, "_batch", lambda: fake)
    event = {"jobName": "n", "jobQueue": "q", "jobDefinition": "d", "sampleId": "S1"}
    done = submit.handler(event, None)
    assert done == {**event, "jobId": "j1"}
    assert status.handler(done, None) == "RUNNING"
    with pytest.raises(ClientError, match="JobQueue none"):  # the post's said "Error getting Batch Job status"
        submit.handler(event | {"jobQueue": "none"}, None)
    with pytest.raises(status.UnknownJob):
        status.handler({"jobId": "j2"}, None)


class FakeLogs:
    def __init__(self, *, broken: bool = False) -> None:
        self.broken = broken

    def get_log_events(self, **given: Any) -> dict[str, Any]:
        if self.broken:
            raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "GetLogEvents")
        assert given["logGroupName"] == "/aws/batch/job"
        return {"events": [{"message": "refarch: align: truncated"}]}


@pytest.mark.parametrize(("broken", "begins"), [(False, "align: truncated; exit code 3"), (True, "exit code 3")])
def test_the_reason_is_the_jobs_own_where_its_log_can_be_read(
    monkeypatch: pytest.MonkeyPatch, broken: bool, begins: str
) -> None:
    monkeypatch.setattr(reason, "_logs", lambda: FakeLogs(broken=broken))
    job = {"JobId": "j1", "Container": {"ExitCode": 3, "LogStreamName": "s"}}
    event = {"step": "align", "error": {"Error": "States.TaskFailed", "Cause": json.dumps(job)}}
    found = reason.handler(event, None)
    assert found["Error"] == "AlignFailed"
    assert found["Cause"].startswith(begins)
