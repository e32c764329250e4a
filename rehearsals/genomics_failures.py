"""Rehearsal of Genomics, the ways to fail: refused inputs, failing tools, reclaimed instances, an end by will."""

from __future__ import annotations

import hashlib
import shutil

from rehearsals.account import Account, eventually
from rehearsals.genomics_laboratory import Laboratory


def refused(laboratory: Laboratory, account: Account) -> None:
    account.title("Inputs that cannot work")
    genomics = laboratory.genomics
    wrong = laboratory.document(
        "S1",
        sampleId="refused",
        fastq1S3Path=f"{genomics.inputs}/fastq/ S1_1.fastq.gz",
        resultsS3Path="https://results/runs",
    )
    with account.step("A space in a path and a wrong scheme"):
        run = genomics.run(wrong)
    account.check(run.error == "PrepareFailed", "the run fails before a job is submitted", run)
    both = "fastq1S3Path" in run.cause and "resultsS3Path" in run.cause
    account.check(both, "both problems are named, by field", run.cause)
    account.say(run.cause)
    missing = laboratory.document(
        "S1", sampleId="refused", referenceS3Path=f"{genomics.inputs}/reference/none.fa", align={"jobQueue": "fast"}
    )
    with account.step("A reference that is not there, and a queue that the stack does not have"):
        run = genomics.run(missing)
    both = "ReferenceS3Path" in run.cause and "jobQueue is 'fast'" in run.cause
    account.check(run.error == "PrepareFailed" and both, "both are named", run)
    account.check(not genomics.jobs("refused"), "no job was submitted")


def failing_tools(laboratory: Laboratory, account: Account) -> None:
    account.title("A tool that fails")
    genomics = laboratory.genomics
    queue = genomics.listen()
    with account.step("A FASTQ file that was cut off"):
        run = genomics.run(laboratory.document("S1", sampleId="cut", fastq1S3Path=laboratory.truncated("S1")))
    jobs = genomics.jobs("cut")
    account.say(run.cause)
    account.check((run.status, run.error) == ("FAILED", "AlignFailed"), "the run fails, at the alignment", run)
    account.check([job["jobName"] for job in jobs] == ["align-cut"], "nothing downstream was started")
    account.check(f"exit code {jobs[0]['container']['exitCode']}" in run.cause, "the reason has the job's exit code")
    account.check("S1_1" in run.cause or "fastq" in run.cause.lower(), "and the job's own words", run.cause)
    account.check(len(jobs[0]["attempts"]) == 1, "an error of the job is not repeated", len(jobs[0]["attempts"]))
    told = eventually(lambda: genomics.heard(queue), within=20, what="the topic tells of the failure")
    account.check(told[0]["error"] == "AlignFailed" and told[0]["cause"] == run.cause, "the topic is told", told)
    with account.step("An argument that the caller does not know"):
        run = laboratory.run("S1", call={"cmdArgs": " --no-such-option "})
    account.check(run.error == "CallFailed", "the run fails with the tool's own exit code", run)
    account.say(run.cause)
    failed = [job for job in genomics.jobs("S1") if job["status"] == "FAILED"]
    account.check([job["jobName"] for job in failed] == ["call-S1"], "and the annotation is not started")


def poor_quality(laboratory: Laboratory, account: Account) -> None:
    account.title("Reads that are not good enough")
    with account.step("Ask for a coverage of 200"):
        run = laboratory.run("S2", qc={"minMeanCoverage": 200})
    account.check(run.error == "QualityGateFailed", "the quality gate fails the run", run)
    account.check("meanCoverage is" in run.cause and "at least 200" in run.cause, "and says by what", run.cause)


def reclaimed(laboratory: Laboratory, account: Account) -> None:
    account.title("A Spot Instance is reclaimed in mid-flight")
    genomics = laboratory.genomics
    before = _content(laboratory)
    known = [job["jobId"] for job in genomics.jobs("S1")]
    with account.step("Run everything again by force, and take the aligner's instance away"):
        arn = genomics.start(laboratory.document("S1", force=True))
        job = genomics.running("S1", "align", known)
        genomics.reclaim(job)
        run = genomics.finish(arn)
    [described] = genomics.described([job])
    reasons = [attempt["statusReason"] for attempt in described["attempts"]]
    account.check(run.status == "SUCCEEDED", "the run succeeds all the same", run)
    account.check(len(reasons) == 2 and reasons[0].startswith("Host EC2"), "in a second attempt", reasons)
    account.check(_content(laboratory) == before, "with the same variants")
    for left in laboratory.scratch.glob(f"*{job}*"):  # nobody could clean up: the disk is gone with the instance
        shutil.rmtree(left)


def _content(laboratory: Laboratory) -> str:
    """What the annotated variants say; the header has the date and the command."""
    text = laboratory.genomics.read("runs/S1/annotated_vcf/output.annotated.vcf").decode()
    lines = [line for line in text.splitlines() if not line.startswith("##")]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def aborted(laboratory: Laboratory, account: Account) -> None:
    account.title("A run that is stopped by its user")
    genomics = laboratory.genomics
    known = [job["jobId"] for job in genomics.jobs("S1")]
    with account.step("Stop the execution while the aligner runs"):
        arn = genomics.start(laboratory.document("S1", force=True))
        job = genomics.running("S1", "align", known)
        genomics.cloud.client("stepfunctions").stop_execution(executionArn=arn, cause="changed my mind")
        run = genomics.finish(arn)
        ended = eventually(
            lambda: [each for each in genomics.described([job]) if each["status"] == "FAILED"],
            within=40,
            what="the job of the stopped run ends",
        )
    account.check(run.status == "ABORTED", "the execution is aborted", run)
    account.check(ended[0]["isTerminated"], "and its job is terminated with it", ended[0].get("statusReason"))
    begun = [each["jobName"] for each in genomics.jobs("S1") if each["jobId"] not in known]
    account.check(begun == ["align-S1"], "no other job is started", begun)
