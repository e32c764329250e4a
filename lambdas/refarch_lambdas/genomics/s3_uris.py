"""S3 URIs as people type them: `s3://bucket/key`, with a clear reason where one cannot work.

A published command line of this pipeline had a space inside of a path (`fastq/ SRR…`) and failed only when its job
ran, on a 32 vCPU instance. Here it fails before anything starts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

SCHEME = "s3://"
MOST_KEY_BYTES = 1024
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


@dataclass(frozen=True, slots=True)
class S3Uri:
    """An object or a folder. `key` has no slash at its start; a folder's may end with one."""

    bucket: str
    key: str

    @property
    def name(self) -> str:
        """The last part of the key."""
        return self.key.rstrip("/").rpartition("/")[2]

    def join(self, *parts: str) -> S3Uri:
        """Something below this folder."""
        return S3Uri(self.bucket, "/".join([self.key.rstrip("/"), *parts]).lstrip("/"))

    def __str__(self) -> str:
        return f"{SCHEME}{self.bucket}/{self.key}"


def parse_s3_uri(text: object) -> S3Uri:
    """Raises `ValueError` with what is wrong with `text`."""
    reason = why_not_s3(text)
    if reason:
        raise ValueError(f"{text!r} is no S3 URI: {reason}")
    bucket, _, key = str(text).removeprefix(SCHEME).partition("/")
    return S3Uri(bucket, key)


def why_not_s3(text: object) -> str | None:
    """The reason why `text` is no S3 URI, or None where it is one."""
    if not isinstance(text, str):
        return f"it is of type {type(text).__name__}, not a string"
    if not text.startswith(SCHEME):
        return "it does not begin with s3://"
    if any(character.isspace() or not character.isprintable() for character in text):
        return "it has a space in it"
    bucket, slash, key = text.removeprefix(SCHEME).partition("/")
    if not _BUCKET.fullmatch(bucket) or ".." in bucket:
        return f"{bucket!r} is no name of a bucket (3 to 63 of a-z, 0-9, '-' and '.')"
    if not slash or not key.strip("/"):
        return "it names a bucket but nothing in it"
    return _why_not_key(key)


def _why_not_key(key: str) -> str | None:
    if len(key.encode()) > MOST_KEY_BYTES:
        return f"its key is longer than {MOST_KEY_BYTES} bytes"
    parts = key.rstrip("/").split("/")
    if key.endswith("//") or not all(parts):
        return "it has an empty part ('//')"
    if {".", ".."} & set(parts):
        return "it has '.' or '..' as a part"
    return None
