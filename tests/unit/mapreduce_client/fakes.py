"""A small S3, a CloudFormation and a clock in memory, so that every command can be driven without AWS."""

from __future__ import annotations

import hashlib
import io
import json
from types import SimpleNamespace

from botocore.exceptions import ClientError

from refarch.cli.mapreduce_session import Surroundings
from refarch.mapreduce.workspace import MARK, Workspace
from refarch_lambdas.mapreduce.layout import JobLayout
from refarch_lambdas.mapreduce.report import build_report

OUTPUT = {
    "refarch": MARK,
    "name": "Visits",
    "jobBucket": "jobs-bucket",
    "prefix": "",
    "memoryMb": 1769,
    "reducerMemoryMb": 1769,
    "architecture": "arm64",
    "concurrentLambdas": 100,
    "taskTimeout": 900,
    "maxAttempts": 3,
    "region": "us-east-1",
    "mapper": "mapper-fn",
    "reducer": "reducer-fn",
    "coordinator": "coordinator-fn",
    "queueUrl": "https://queue",
}
WORKSPACE = Workspace.from_json(OUTPUT)
START = 1_790_000_000.0


def refusal(operation, code, message="no", **details):
    return ClientError({"Error": {"Code": code, "Message": message, **details}}, operation)


class FakeS3:
    """Buckets of objects. `page` keys a listing page; `refuse` maps an operation to the error it answers with."""

    def __init__(self, page=1_000):
        self.buckets = {"jobs-bucket": {}, "data": {}}
        self.page = page
        self.refuse = {}
        self.calls = []

    def _bucket(self, operation, name):
        self.calls.append(operation)
        if operation in self.refuse:
            raise self.refuse[operation]
        if name not in self.buckets:
            raise refusal(operation, "NoSuchBucket", BucketName=name)
        return self.buckets[name]

    def put(self, key, body, bucket="jobs-bucket"):
        self.buckets[bucket][key] = body if isinstance(body, bytes) else json.dumps(body).encode()

    def keys(self, bucket="jobs-bucket"):
        return sorted(self.buckets[bucket])

    def json(self, key, bucket="jobs-bucket"):
        return json.loads(self.buckets[bucket][key])

    def get_object(self, *, Bucket, Key, Range=None):
        objects = self._bucket("GetObject", Bucket)
        if Key not in objects:
            raise refusal("GetObject", "NoSuchKey", Key=Key)
        body = objects[Key]
        if Range:
            if not body:
                raise refusal("GetObject", "InvalidRange")
            body = body[: int(Range.partition("-")[2]) + 1]
        return {"Body": io.BytesIO(body)}

    def put_object(self, *, Bucket, Key, Body, IfNoneMatch=None):
        objects = self._bucket("PutObject", Bucket)
        if IfNoneMatch == "*" and Key in objects:
            raise refusal("PutObject", "PreconditionFailed")
        objects[Key] = Body

    def list_objects_v2(self, *, Bucket, Prefix, Delimiter=None, ContinuationToken=None):
        objects = self._bucket("ListObjectsV2", Bucket)
        names = sorted({_entry(key, Prefix, Delimiter) for key in objects if key.startswith(Prefix)})
        first = int(ContinuationToken or 0)
        page = names[first : first + self.page]
        folders = [{"Prefix": name} for name in page if name not in objects]
        contents = [
            {"Key": name, "Size": len(objects[name]), "ETag": f'"{hashlib.md5(objects[name]).hexdigest()}"'}
            for name in page
            if name in objects
        ]
        more = first + self.page < len(names)
        answer = {"Contents": contents, "CommonPrefixes": folders, "IsTruncated": more}
        return answer | ({"NextContinuationToken": str(first + self.page)} if more else {})

    def delete_objects(self, *, Bucket, Delete):
        objects = self._bucket("DeleteObjects", Bucket)
        assert len(Delete["Objects"]) <= 1_000
        for item in Delete["Objects"]:
            objects.pop(item["Key"], None)
        return {}


def _entry(key, prefix, delimiter):
    rest = key[len(prefix) :]
    return prefix + rest.partition(delimiter)[0] + delimiter if delimiter and delimiter in rest else key


class FakeCloudFormation:
    def __init__(self, outputs=(OUTPUT,), stack="Visits"):
        self.stack = stack
        self.outputs = [json.dumps(output) if isinstance(output, dict) else output for output in outputs]

    def describe_stacks(self, *, StackName):
        if StackName != self.stack:
            raise refusal("DescribeStacks", "ValidationError", f"Stack with id {StackName} does not exist")
        outputs = [{"OutputKey": f"Output{number}", "OutputValue": text} for number, text in enumerate(self.outputs)]
        return {"Stacks": [{"StackName": StackName, "Outputs": outputs}]}


class FakeSurroundings(Surroundings):
    """`script` holds what happens at each sleep: a call, an exception that is raised, or seconds that pass."""

    def __init__(self, s3=None, cloudformation=None, script=()):
        self.clients = {"s3": s3 or FakeS3(), "cloudformation": cloudformation or FakeCloudFormation()}
        self.script = list(script)
        self.slept = 0.0

    def client(self, service, region):
        return self.clients[service]

    def sleep(self, seconds):
        self.slept += seconds
        assert self.script, "the command waits for something that never comes"
        step = self.script.pop(0)
        if isinstance(step, BaseException):
            raise step
        if isinstance(step, int):
            self.slept += step
        else:
            step()

    def now(self):
        return START + self.slept


def a_task(stage, number, *, step=0, **values):
    return {
        "jobId": "job-1",
        "stage": stage,
        "step": step,
        "taskId": number,
        "attempt": 1,
        "segments": [[0, 1_000, 10]],
        "rows": 1_000,
        "bad": 0,
        "badSamples": [],
        "bytes": 100,
        "keys": 3,
        "start": START + 1.0 + number,
        "end": START + 3.0 + number,
        "milliseconds": 2_000,
        "memoryMb": 1769,
        "maxRssMb": 90.0,
        "coldStart": number == 0,
        "requests": {"get": 3, "put": 2, "list": 0},
    } | values


def a_failure(stage="mapper", number=0, **values):
    return {
        "stage": stage,
        "step": 0,
        "id": number,
        "attempt": 1,
        "errorType": "TaskLost",
        "error": "no result",
        "at": START + 3.0,
        "startedAt": START + 1.0,
    } | values


class Job:
    """A job in a fake S3, moved on by hand as the coordinator and the workers would."""

    def __init__(self, s3, job_id="job-1", *, mappers=2, reducers=1):
        self.s3 = s3
        self.layout = JobLayout("", job_id)
        self.jobdata = {
            "version": 1,
            "jobId": job_id,
            "startTime": START,
            "input": ["s3://data/visits/"],
            "mapCount": mappers,
            "totalS3Files": mappers,
            "inputBytes": 100 * mappers,
            "reducerCount": reducers,
            "concurrentLambdas": 100,
            "maxAttempts": 3,
            "taskTimeout": 900,
            "badRecordTolerance": {"count": 0, "fraction": 0.0},
            "tasks": [],
        }

    def written(self):
        """As the driver leaves it."""
        self.s3.put(self.layout.plan, b"{}\n")
        self.s3.put(self.layout.jobdata, self.jobdata)
        return self

    def state(self, stage="mapper", *, step=0, count=2, failures=(), reduce=True):
        key = self.layout.reducerstate(step) if step else self.layout.mapperstate
        document = {"stage": stage, "step": step, "attempt": [1] * count, "failures": list(failures), "reduce": reduce}
        self.s3.put(key, document)
        return self

    def commit(self, stage, number, *, step=0, **values):
        key = self.layout.reducer_commit(step, number) if step else self.layout.mapper_commit(number)
        self.s3.put(key, a_task(stage, number, step=step, **values))
        return self

    def failed(self, reason="mapper 0 failed", state="FAILED"):
        self.s3.put(self.layout.failure, {"state": state, "reason": reason})
        return self

    def report(self, state="SUCCEEDED", *, reason=None, tasks=None, failures=(), now=START + 9.0):
        tasks = [a_task("mapper", 0), a_task("mapper", 1), a_task("reducer", 0, step=1)] if tasks is None else tasks
        used = {"invocations": 4, "milliseconds": 300, "memoryMb": 512}
        place = {"region": "us-east-1", "memory_mb": 1769, "result_bytes": 24}
        document = build_report(self.jobdata, tasks, failures, used, state=state, reason=reason, now=now, **place)
        self.s3.put(self.layout.report, document)
        return self

    def succeeded(self):
        self.s3.put(self.layout.result, b"67.23.87,5.87\n30.94.22,96.25\n")
        self.s3.put(self.layout.result_json, {"67.23.87": 5.87, "30.94.22": 96.25})
        return self.report()


def client_of(error):
    """A client on which every operation fails with `error`."""

    def fail(**_):
        raise error

    return SimpleNamespace(describe_stacks=fail)
