"""The job's one seam to S3: what is there, stage it in, stage results out encrypted and marked."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from boto3.exceptions import S3UploadFailedError
from botocore.exceptions import BotoCoreError, ClientError

from refarch.genomics.jobs.failures import NO_ROOM, JobFailure, broken, scratch_full
from refarch_lambdas.genomics.s3_uris import S3Uri

_ABSENT = frozenset({"404", "NoSuchKey", "NotFound", "NoSuchBucket"})
_DENIED = frozenset({"403", "AccessDenied", "Forbidden"})
S3_FAILED = 1
"""The exit code when S3 itself does not answer: neither the input's fault nor the tool's."""
LOOK_SECONDS = 1.0
"""A signal that comes just before a wait begins does not end that wait: Python handles it when the wait is over."""


@dataclass(frozen=True, slots=True)
class Object:
    """One object. `size` in bytes."""

    uri: S3Uri
    size: int


class Storage:
    """S3, with the encryption and the mark (`refarch-fingerprint`) that the environment asks for."""

    def __init__(self, client: Any = None, environment: Mapping[str, str] | None = None) -> None:
        self.client = client or boto3.client("s3")
        self.upload_settings = upload_settings(os.environ if environment is None else environment)

    def find(self, uri: S3Uri) -> Object:
        """The object. Raises `JobFailure` when it is missing, empty, or may not be read."""
        try:
            found = self.client.head_object(Bucket=uri.bucket, Key=uri.key)
        except (ClientError, BotoCoreError) as error:
            raise _why(uri, error) from error
        if not found["ContentLength"]:
            raise broken(uri, "the object is empty")
        return Object(uri, int(found["ContentLength"]))

    def below(self, folder: S3Uri) -> list[Object]:
        """All objects below a folder. Raises `JobFailure` when there is none."""
        prefix = f"{folder.key.rstrip('/')}/"
        try:
            found = list(self.starting_with(S3Uri(folder.bucket, prefix)))
        except (ClientError, BotoCoreError) as error:
            raise _why(folder, error) from error
        if not found:
            raise broken(folder, "there is nothing in this folder")
        return found

    def starting_with(self, uri: S3Uri) -> Iterator[Object]:
        """Objects whose key starts as this one, folders' own markers left out."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=uri.bucket, Prefix=uri.key)
        for page in pages:
            for item in page.get("Contents", ()):
                if not item["Key"].endswith("/"):
                    yield Object(S3Uri(uri.bucket, item["Key"]), int(item["Size"]))

    def fetch(self, source: Object, target: Path) -> None:
        """Download an object. Raises `JobFailure`, also when fewer bytes came than there are."""
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            aside(lambda: self.client.download_file(source.uri.bucket, source.uri.key, str(target)))
        except OSError as error:
            if error.errno in NO_ROOM:
                raise scratch_full(f"{source.uri} of {source.size:,} bytes does not fit") from error
            raise
        except (ClientError, BotoCoreError) as error:
            raise _why(source.uri, error) from error
        size = target.stat().st_size
        if size != source.size:
            raise broken(source.uri, f"{size:,} bytes came, {source.size:,} were expected: it changed meanwhile")

    def store(self, source: Path, target: S3Uri) -> None:
        """Upload a file, encrypted. Raises `JobFailure`."""
        try:
            settings = self.upload_settings
            aside(lambda: self.client.upload_file(str(source), target.bucket, target.key, ExtraArgs=settings))
        except (ClientError, BotoCoreError, S3UploadFailedError) as error:
            raise JobFailure(S3_FAILED, f"{target} cannot be written: {error}") from error


def aside(transfer: Callable[[], object]) -> None:
    """Run a transfer in a thread of its own. SIGTERM then ends the wait at once, even where S3 does not answer."""
    failures: list[BaseException] = []

    def run() -> None:
        try:
            transfer()
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    while thread.is_alive():
        thread.join(LOOK_SECONDS)
    if failures:
        raise failures[0]


def upload_settings(environment: Mapping[str, str]) -> dict[str, Any]:
    """What each upload carries: server-side encryption always, the fingerprint of the request when there is one."""
    settings: dict[str, Any] = {"ServerSideEncryption": environment.get("REFARCH_SSE") or "AES256"}
    if key := environment.get("REFARCH_SSE_KMS_KEY_ID", "").strip():
        settings["SSEKMSKeyId"] = key
    if fingerprint := environment.get("REFARCH_FINGERPRINT", "").strip():
        settings["Metadata"] = {"refarch-fingerprint": fingerprint}
    return settings


def _why(uri: S3Uri, error: ClientError | BotoCoreError) -> JobFailure:
    code = str(error.response.get("Error", {}).get("Code", "")) if isinstance(error, ClientError) else ""
    if code == "NoSuchBucket":
        return broken(uri, f"there is no bucket {uri.bucket!r}")
    if code in _ABSENT:
        return broken(uri, "there is no such object")
    if code in _DENIED:
        return broken(uri, "the job's role may not read it (or, without leave to list the bucket, it does not exist)")
    return JobFailure(S3_FAILED, f"{uri} cannot be read: {error}")
