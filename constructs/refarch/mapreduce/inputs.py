"""What a job reads: from `s3://bucket/folder` to the list of objects, checked before anything is started."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

from refarch.mapreduce.problems import MapReduceError
from refarch.mapreduce.store import JobStore
from refarch.mapreduce.workspace import Workspace
from refarch_lambdas.mapreduce.decompress import SNIFF_BYTES, compression_of_bytes
from refarch_lambdas.mapreduce.plan import ObjectInfo, is_compressed

_URI = re.compile(r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(?P<path>.*))?", re.DOTALL)
_SNIFFERS = 16


@dataclass(frozen=True, slots=True)
class InputUri:
    """One input. `s3://b/p/` is the folder, `s3://b/p` the object `p` or the folder `p/`, `s3://b/p*` all that
    starts with `p`: so `p` never takes in its neighbour `p2`."""

    text: str
    bucket: str
    path: str

    @property
    def prefix(self) -> str:
        """What S3 is asked to list."""
        return self.path.removesuffix("*")

    def matches(self, key: str) -> bool:
        """Whether an object of the listing belongs to the input."""
        if self.path.endswith(("*", "/")) or not self.path:
            return True
        return key == self.path or key.startswith(self.path + "/")


@dataclass(frozen=True, slots=True)
class Listing:
    """What the inputs hold. `repeated`: objects that more than one input named; they are read once."""

    objects: tuple[ObjectInfo, ...]
    repeated: int

    @property
    def bytes(self) -> int:
        return sum(item.size for item in self.objects)

    @property
    def empty(self) -> int:
        return sum(1 for item in self.objects if item.size == 0)


def parse_inputs(texts: Sequence[str], workspace: Workspace) -> tuple[list[InputUri], list[str]]:
    """The inputs, and every problem with them in words."""
    inputs, problems = [], [] if texts else ["no input given: use s3://bucket/folder"]
    for text in texts:
        match = _URI.fullmatch(text)
        if match is None:
            problems.append(f"input {text!r} is not of the form s3://bucket/folder")
            continue
        uri = InputUri(text, match["bucket"], match["path"] or "")
        problems += _trigger_loop(uri, workspace)
        inputs.append(uri)
    return inputs, problems


def _trigger_loop(uri: InputUri, workspace: Workspace) -> list[str]:
    """Reading what jobs write is refused: a job's own output would be its input."""
    own = (f"{workspace.prefix}jobs/", f"{workspace.prefix}shuffle/")
    if uri.bucket != workspace.job_bucket:
        return []
    if uri.prefix.startswith(own) or any(folder.startswith(uri.prefix) and uri.matches(folder) for folder in own):
        return [f"input {uri.text!r} takes in the workspace itself (s3://{uri.bucket}/{own[0]} and {own[1]})"]
    return []


def list_inputs(inputs: Iterable[InputUri], s3: Any) -> Listing:
    """Every object below the inputs, once. Folder marks (empty keys that end with a slash) are skipped."""
    found: dict[tuple[str, str], ObjectInfo] = {}
    repeated = 0
    for uri in inputs:
        for item in _objects(uri, s3):
            repeated += (item.bucket, item.key) in found
            found[item.bucket, item.key] = item
    return Listing(tuple(found.values()), repeated)


def _objects(uri: InputUri, s3: Any) -> Iterator[ObjectInfo]:
    for item in JobStore(s3, uri.bucket).list(uri.prefix):
        is_folder_mark = item.key.endswith("/") and item.size == 0
        if uri.matches(item.key) and not is_folder_mark:
            yield ObjectInfo(uri.bucket, item.key, item.size, item.etag)


def mark_compressed(listing: Listing, split_bytes: int, s3: Any) -> tuple[Listing, list[str]]:
    """The listing in which large objects that are compressed without saying so in their name stay whole.

    Only objects that would be split are looked at (ten bytes each); the keys that were found come back as well.
    """
    large = [item for item in listing.objects if item.size > split_bytes and not is_compressed(item.key)]
    with ThreadPoolExecutor(_SNIFFERS) as pool:
        verdicts = list(pool.map(lambda item: _looks_compressed(item, s3), large))
    hidden = {(item.bucket, item.key) for item, compressed in zip(large, verdicts, strict=True) if compressed}
    marked = tuple(replace(item, whole=(item.bucket, item.key) in hidden) for item in listing.objects)
    return Listing(marked, listing.repeated), sorted(f"s3://{bucket}/{key}" for bucket, key in hidden)


def _looks_compressed(item: ObjectInfo, s3: Any) -> bool:
    start = JobStore(s3, item.bucket).read(item.key, first_bytes=SNIFF_BYTES)
    if start is None:
        raise MapReduceError(f"s3://{item.bucket}/{item.key} vanished while the job was planned")
    return compression_of_bytes(start) is not None
