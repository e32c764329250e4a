"""One emulator for the behaviour tests of this folder, and functions made in a moment through boto3."""

from __future__ import annotations

import io
import json
import time
import uuid
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from refarch.local import LocalCloud, adapter
from rehearsals.account import crowding

if adapter.installed_version() is None:
    collect_ignore_glob = ["test_*.py"]  # without the extra `local` there is nothing to test

ROLE = "arn:aws:iam::000000000000:role/test"


class Workbench:
    """A cloud and what tests make in it; names are drawn, so tests do not meet."""

    def __init__(self, cloud: LocalCloud) -> None:
        self.cloud = cloud

    def name(self, kind: str) -> str:
        return f"{kind}-{uuid.uuid4().hex[:8]}"

    def function(self, code: str, **settings: Any) -> str:
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as content:
            content.writestr("index.py", code)
        name = self.name("function")
        self.cloud.client("lambda").create_function(
            FunctionName=name,
            Handler="index.handler",
            Code={"ZipFile": archive.getvalue()},
            **{"Role": ROLE, "Runtime": "python3.13", "Timeout": 10} | settings,
        )
        return name

    def bucket(self) -> str:
        name = self.name("bucket")
        self.cloud.client("s3").create_bucket(Bucket=name)
        return name

    def queue(self, **attributes: str) -> tuple[str, str]:
        """(url, arn) of a new queue."""
        sqs = self.cloud.client("sqs")
        url = sqs.create_queue(QueueName=self.name("queue"), Attributes=attributes)["QueueUrl"]
        return url, sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]

    def receive(self, url: str, seconds: float = 10) -> dict[str, Any]:
        """The body of the next message, which must come."""
        message = until(
            lambda: self.cloud.client("sqs").receive_message(QueueUrl=url, WaitTimeSeconds=1).get("Messages"), seconds
        )[0]
        self.cloud.client("sqs").delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return json.loads(message["Body"])  # type: ignore[no-any-return]

    def keys(self, bucket: str) -> list[str]:
        listed = self.cloud.client("s3").list_objects_v2(Bucket=bucket).get("Contents", [])
        return [entry["Key"] for entry in listed]

    def read(self, bucket: str, key: str) -> Any:
        return json.loads(self.cloud.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read())


def until(question: Callable[[], Any], seconds: float = 10) -> Any:
    """The first true answer; fails when there is none in time. (A deadline, not an expectation of speed.)"""
    deadline = time.monotonic() + seconds * crowding()
    while time.monotonic() < deadline:
        answer = question()
        if answer:
            return answer
        time.sleep(0.02)
    raise AssertionError(f"not within {seconds} s")


@pytest.fixture(scope="session")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    with LocalCloud.start(directory=tmp_path_factory.mktemp("cloud")) as cloud:
        yield Workbench(cloud)


@pytest.fixture(scope="session")
def workbench_of() -> type[Workbench]:
    """For a folder of tests that needs a cloud with other options."""
    return Workbench


@pytest.fixture(name="until")
def until_fixture() -> Callable[..., Any]:
    return until
