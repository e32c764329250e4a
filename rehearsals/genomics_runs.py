"""Driving runs of a deployed Genomics from outside, as its rehearsal does."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from refarch.local import LocalCloud
from rehearsals.account import RehearsalFailed, eventually

STACK = "Genomics"
ENDED = ("SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED")


@dataclass(frozen=True)
class Ended:
    """An execution that has ended."""

    arn: str
    status: str
    output: Mapping[str, Any]
    error: str
    cause: str

    def __str__(self) -> str:
        return f"{self.status} {self.error} {self.cause}".strip()


@dataclass(frozen=True)
class DeployedGenomics:
    """A deployed stack: its outputs, and the clients that drive it."""

    cloud: LocalCloud
    outputs: Mapping[str, str]

    @classmethod
    def find(cls, cloud: LocalCloud) -> DeployedGenomics:
        [stack] = cloud.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"]
        return cls(cloud, {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]})

    @property
    def s3(self) -> Any:
        return self.cloud.client("s3")

    @property
    def inputs(self) -> str:
        return f"s3://{self.outputs['InputBucketName']}"

    @property
    def results(self) -> str:
        return f"s3://{self.outputs['ResultsBucketName']}"

    def upload(self, path: Path, key: str) -> str:
        """The URI of a file that now lies in the input bucket."""
        self.s3.upload_file(str(path), self.outputs["InputBucketName"], key)
        return f"{self.inputs}/{key}"

    def upload_folder(self, folder: Path, key: str) -> str:
        for path in folder.rglob("*"):
            if path.is_file():
                self.upload(path, f"{key}/{path.relative_to(folder).as_posix()}")
        return f"{self.inputs}/{key}/"

    def put(self, key: str, text: str) -> str:
        self.s3.put_object(Bucket=self.outputs["InputBucketName"], Key=key, Body=text.encode())
        return f"{self.inputs}/{key}"

    def read(self, key: str) -> bytes:
        body: bytes = self.s3.get_object(Bucket=self.outputs["ResultsBucketName"], Key=key)["Body"].read()
        return body

    def start(self, document: Mapping[str, Any], *, machine: str = "SampleMachineArn") -> str:
        answer = self.cloud.client("stepfunctions").start_execution(
            stateMachineArn=self.outputs[machine], input=json.dumps(document)
        )
        return str(answer["executionArn"])

    def finish(self, arn: str, *, within: float = 240) -> Ended:
        """How an execution ended. Raises `RehearsalFailed` after `within` seconds."""
        states = self.cloud.client("stepfunctions")

        def look() -> Any:
            found = states.describe_execution(executionArn=arn)
            return found if found["status"] in ENDED else None

        found = eventually(look, within=within, what=f"{arn} ends", every=0.2)
        output = json.loads(found["output"]) if found.get("output") else {}
        return Ended(arn, found["status"], output, found.get("error") or "", found.get("cause") or "")

    def run(self, document: Mapping[str, Any], **options: Any) -> Ended:
        return self.finish(self.start(document, **options))

    def jobs(self, sample: str) -> list[dict[str, Any]]:
        """The jobs of a sample, the newest last."""
        batch, found = self.cloud.client("batch"), []
        for queue in ("HighPriorityQueueArn", "LowPriorityQueueArn"):
            for status in ("SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING", "SUCCEEDED", "FAILED"):
                pages = batch.get_paginator("list_jobs").paginate(jobQueue=self.outputs[queue], jobStatus=status)
                found += [
                    each for page in pages for each in page["jobSummaryList"] if each["jobName"].endswith(f"-{sample}")
                ]
        return sorted(self.described(each["jobId"] for each in found), key=lambda job: float(job["createdAt"]))

    def described(self, ids: Iterable[str]) -> list[dict[str, Any]]:
        wanted = list(ids)
        return list(self.cloud.client("batch").describe_jobs(jobs=wanted)["jobs"]) if wanted else []

    def running(self, sample: str, step: str, known: Iterable[str] = ()) -> str:
        """The id of a step's job, once it runs; `known` are jobs of earlier runs."""

        def look() -> str:
            names = [
                job for job in self.jobs(sample) if job["jobName"] == f"{step}-{sample}" and job["jobId"] not in known
            ]
            return next((str(job["jobId"]) for job in names if job["status"] == "RUNNING"), "")

        return eventually(look, within=60, what=f"{step} of {sample} runs", every=0.05)

    def reclaim(self, job: str) -> None:
        """Take the job's instance away, as EC2 does with a Spot Instance."""
        request = urllib.request.Request(  # noqa: S310 - the local cloud's own address
            f"{self.cloud.endpoint_url}/_refarch/reclaim",
            data=json.dumps({"jobId": job}).encode(),
            headers={"content-type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - the same
            if answer.status >= 300:
                raise RehearsalFailed(f"the instance of {job} was not reclaimed: {answer.status}")

    def listen(self) -> str:
        """The URL of a queue that hears what the topic is told from now on."""
        sqs, topic = self.cloud.client("sqs"), self.outputs["TopicArn"]
        queue = sqs.create_queue(QueueName=f"heard-{time.monotonic_ns()}")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        send = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage"}
        policy = {"Version": "2012-10-17", "Statement": [{**send, "Resource": arn}]}
        sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": json.dumps(policy)})
        self.cloud.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
        return str(queue)

    def heard(self, queue: str) -> list[dict[str, Any]]:
        """The messages since the last call."""
        sqs, found = self.cloud.client("sqs"), []
        while messages := sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages"):
            for each in messages:
                found.append(json.loads(json.loads(each["Body"])["Message"]))
                sqs.delete_message(QueueUrl=queue, ReceiptHandle=each["ReceiptHandle"])
        return found
