"""Rehearsal of Genomics, cohorts: many samples through the Distributed Map, one of them poisoned."""

from __future__ import annotations

import json
from typing import Any

from rehearsals.account import Account, eventually
from rehearsals.genomics_laboratory import Laboratory
from rehearsals.genomics_runs import Ended

SIZE = 20
POISONED = "C07"


def cohorts(laboratory: Laboratory, account: Account) -> None:
    account.title(f"A cohort of {SIZE}, one of them poisoned")
    _refused(laboratory, account)
    sheet = _sheet(laboratory)
    with account.step("Run it; 5 percent may fail"):
        run = _run(laboratory, sheet, 5)
    account.check(run.status == "SUCCEEDED", "with a tolerance of 5 % it succeeds", run)
    succeeded, failed = _results(laboratory, run.output["results"])
    account.check(len(succeeded) == SIZE - 1, "every other sample is done", len(succeeded))
    wrong = [(each["Error"], POISONED in each["Input"]) for each in failed]
    account.check(wrong == [("AlignFailed", True)], "and the poisoned one failed where it had to", wrong)
    queue = laboratory.genomics.listen()
    with account.step("The same, and none may fail"):
        run = _run(laboratory, sheet, 0)
    account.check(run.status == "FAILED", "with a tolerance of 0 % it fails", run)
    account.check("ExceedToleratedFailureThreshold" in run.error, "and says why", run.error)
    told = eventually(lambda: laboratory.genomics.heard(queue), within=20, what="the topic is told of the cohort")
    account.check([each["error"] for each in told] == [run.error], "the topic is told", told)
    _redriven(laboratory, account, run)
    _stopped(laboratory, account, sheet)


def _refused(laboratory: Laboratory, account: Account) -> None:
    genomics = laboratory.genomics
    rows = [
        "sampleId,fastq1S3Path,fastq2S3Path",
        *[f"D1,{genomics.inputs}/a_{n}.gz,{genomics.inputs}/b_{n}.gz" for n in "12"],
    ]
    sheet = genomics.put("sheets/wrong.csv", "\n".join([*rows, "D2,https://a/b.gz,s3://bucket/c d.gz"]))
    with account.step("A sheet with a duplicate id, a wrong scheme and a space in a path"):
        run = _run(laboratory, sheet, 0)
    problems = [run.cause.count(each) for each in ("line 3", "line 4: fastq1S3Path", "line 4: fastq2S3Path")]
    account.check(run.error == "CohortFailed" and all(problems), "is refused with every line's problem", run)


def _sheet(laboratory: Laboratory) -> str:
    """Twenty samples of the same reads, under names and keys of their own."""
    rows = ["sampleId,fastq1S3Path,fastq2S3Path,comment", "# a line for people, as is the last column"]
    for number in range(1, SIZE + 1):
        name = f"C{number:02}"
        first, second = laboratory.reads_as(name, "S2", broken=name == POISONED)
        rows.append(f"{name},{first},{second},made")
    return laboratory.genomics.put("sheets/cohort.csv", "\n".join(rows) + "\n")


def _run(laboratory: Laboratory, sheet: str, percentage: int) -> Ended:
    return laboratory.genomics.finish(_start(laboratory, sheet, percentage))


def _start(laboratory: Laboratory, sheet: str, percentage: int, **more: object) -> str:
    common = laboratory.document("S1")
    for name in ("sampleId", "fastq1S3Path", "fastq2S3Path"):
        del common[name]
    common |= {"sampleSheetS3Path": sheet, "toleratedFailurePercentage": percentage, "maxConcurrency": 6}
    return laboratory.genomics.start({**common, **more}, machine="CohortMachineArn")


def _results(laboratory: Laboratory, place: dict[str, str]) -> tuple[list[Any], list[Any]]:
    """What the result writer left: the executions that succeeded, and those that failed."""
    files = json.loads(laboratory.genomics.read(place["Key"]))["ResultFiles"]

    def read(status: str) -> list[Any]:
        return [each for file in files[status] for each in json.loads(laboratory.genomics.read(file["Key"]))]

    return read("SUCCEEDED"), read("FAILED")


def _redriven(laboratory: Laboratory, account: Account, failed: Ended) -> None:
    genomics = laboratory.genomics
    names = [f"C{number:02}" for number in range(1, SIZE + 1)]
    before = {name: len(genomics.jobs(name)) for name in names}
    laboratory.reads_as(POISONED, "S2", broken=False)
    with account.step("Mend the poisoned sample and redrive the cohort"):
        genomics.cloud.client("stepfunctions").redrive_execution(executionArn=failed.arn)
        run = genomics.finish(failed.arn)
    account.check(run.status == "SUCCEEDED", "now all of it succeeds", run)
    again = {name: len(genomics.jobs(name)) - count for name, count in before.items()}
    account.check(again == {**dict.fromkeys(names, 0), POISONED: 4}, "only that sample ran again", again)
    succeeded, _ = _results(laboratory, run.output["results"])
    account.check(len(succeeded) == SIZE, "and the results name every sample", len(succeeded))


def _stopped(laboratory: Laboratory, account: Account, sheet: str) -> None:
    genomics = laboratory.genomics
    known = [job["jobId"] for job in genomics.jobs("C01")]
    with account.step("Run it all by force, and stop the cohort while it runs"):
        arn = _start(laboratory, sheet, 0, force=True)
        job = genomics.running("C01", "align", known)
        genomics.cloud.client("stepfunctions").stop_execution(executionArn=arn, cause="changed my mind")
        run = genomics.finish(arn)
        ended = eventually(
            lambda: [each for each in genomics.described([job]) if each["status"] == "FAILED"],
            within=40,
            what="the job of the stopped cohort ends",
        )
    account.check(run.status == "ABORTED" and ended[0]["isTerminated"], "a stopped cohort ends its jobs", ended[0])
    later = [each for each in genomics.jobs(f"C{SIZE}") if each["status"] in ("RUNNABLE", "STARTING", "RUNNING")]
    account.check(not later, "and no sample is begun any more", later)
