"""The one seam to AWS for runs: find the stack, upload a sheet, start, stop looking away, and look."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from refarch.genomics.runs.model import Run, SampleRun
from refarch.genomics.runs.reading import sample_run, seconds, waiting_jobs

LOOKED_UP = 8
"""Running samples whose jobs are asked for at each look; beyond that AWS Batch would refuse so many questions."""
_NEEDED = ("SampleMachineArn", "ResultsBucketName", "InputBucketName")

Clients = Callable[[str], Any]


class GenomicsError(RuntimeError):
    """Something a person can mend; the text says what."""


@dataclass(frozen=True)
class Deployment:
    """A deployed stack, by its outputs."""

    stack: str
    outputs: Mapping[str, str]

    @classmethod
    def find(cls, stack: str, cloudformation: Any) -> Deployment:
        """Raises `GenomicsError` for a stack that is not there or is another one."""
        try:
            (found,) = cloudformation.describe_stacks(StackName=stack)["Stacks"]
        except ClientError as error:
            raise GenomicsError(f"there is no stack {stack!r} in this account and region: {error}") from error
        outputs = {each["OutputKey"]: each["OutputValue"] for each in found.get("Outputs", ())}
        missing = [name for name in _NEEDED if name not in outputs]
        if missing:
            raise GenomicsError(f"stack {stack!r} is no Genomics stack: it has no output {', '.join(missing)}")
        return cls(stack, outputs)

    def machine(self, *, cohort: bool) -> str:
        name = "CohortMachineArn" if cohort else "SampleMachineArn"
        if name not in self.outputs:
            raise GenomicsError(f"stack {self.stack!r} was deployed without cohorts: it has no output {name}")
        return self.outputs[name]

    def execution(self, name: str) -> str:
        """The ARN of an execution given by ARN, or by the name that `run` printed (a cohort's or a sample's)."""
        if name.startswith("arn:"):
            return name
        kind, _, execution = name.rpartition(":")
        return f"{self.machine(cohort=kind == 'cohort').replace(':stateMachine:', ':execution:')}:{execution}"


@dataclass
class Runs:
    """Runs of one deployment. Executions that have ended are read once."""

    deployment: Deployment
    clients: Clients
    _ended: dict[str, SampleRun] = field(default_factory=dict)

    def upload_sheet(self, text: str, name: str) -> str:
        """The URI of the sheet in the stack's input bucket."""
        bucket = self.deployment.outputs["InputBucketName"]
        self.clients("s3").put_object(Bucket=bucket, Key=f"sheets/{name}", Body=text.encode())
        return f"s3://{bucket}/sheets/{name}"

    def start(self, document: Mapping[str, Any], *, cohort: bool, name: str = "") -> str:
        """The execution's ARN."""
        request = {"stateMachineArn": self.deployment.machine(cohort=cohort), "input": json.dumps(document)}
        answer = self.clients("stepfunctions").start_execution(**request, **({"name": name} if name else {}))
        return str(answer["executionArn"])

    def look(self, execution: str) -> Run:
        """The run as it is now. Raises `GenomicsError` when there is no such execution."""
        try:
            found = self.clients("stepfunctions").describe_execution(executionArn=execution)
        except ClientError as error:
            raise GenomicsError(f"there is no execution {execution!r}: {error}") from error
        cohort = found["stateMachineArn"] == self.deployment.outputs.get("CohortMachineArn")
        samples = self._children(execution) if cohort else [self._sample(found, look_up=True)]
        return Run(
            name=execution.rpartition(":")[2],
            execution=execution,
            state=found["status"],
            start=seconds(found["startDate"]),
            end=seconds(found["stopDate"]) if found.get("stopDate") else None,
            samples=sorted(samples, key=lambda sample: sample.sample),
            total=max(len(samples), self._planned(execution)) if cohort else 1,
            error=found.get("error") or "",
            cause=found.get("cause") or "",
        )

    def _planned(self, execution: str) -> int:
        runs = self._map_runs(execution)
        counts = [self.clients("stepfunctions").describe_map_run(mapRunArn=arn)["itemCounts"]["total"] for arn in runs]
        return sum(counts)

    def _map_runs(self, execution: str) -> list[str]:
        return [each["mapRunArn"] for each in self._paged("list_map_runs", "mapRuns", executionArn=execution)]

    def _children(self, execution: str) -> list[SampleRun]:
        found, asked = [], 0
        for arn in self._map_runs(execution):
            for child in self._paged("list_executions", "executions", mapRunArn=arn):
                known = self._ended.get(child["executionArn"])
                asked += known is None and child["status"] == "RUNNING"
                found.append(known or self._child(child["executionArn"], look_up=asked <= LOOKED_UP))
        return found

    def _child(self, execution: str, *, look_up: bool) -> SampleRun:
        description = self.clients("stepfunctions").describe_execution(executionArn=execution)
        return self._sample(description, look_up=look_up)

    def _sample(self, description: Mapping[str, Any], *, look_up: bool) -> SampleRun:
        execution = description["executionArn"]
        if execution in self._ended:
            return self._ended[execution]
        events = list(self._paged("get_execution_history", "events", executionArn=execution))
        wanted = waiting_jobs(description, events) if look_up and description["status"] == "RUNNING" else []
        run = sample_run(description, events, self._jobs(wanted, seconds(description["startDate"])))
        if run.ended:
            self._ended[execution] = run
        return run

    def _jobs(self, wanted: Sequence[tuple[str, str]], since: float) -> list[dict[str, Any]]:
        """Descriptions of these jobs, if they were submitted since then: names come again with every run."""
        batch, found = self.clients("batch"), []
        for queue, name in wanted:
            names = [{"name": "JOB_NAME", "values": [name]}]
            listed = batch.list_jobs(jobQueue=queue, filters=names)["jobSummaryList"]
            found += [each["jobId"] for each in listed if each["createdAt"] / 1000 >= since - 1]
        return list(batch.describe_jobs(jobs=found)["jobs"]) if found else []

    def _paged(self, operation: str, key: str, **request: Any) -> Iterator[Any]:
        token: dict[str, str] = {}
        while True:
            answer = getattr(self.clients("stepfunctions"), operation)(**request, **token)
            yield from answer.get(key, ())
            if not answer.get("nextToken"):
                return
            token = {"nextToken": answer["nextToken"]}
