"""How a job's input becomes mapper tasks: a pure function of the object listing. No AWS in here.

Large plain objects are cut into near-equal byte ranges, small objects are packed together by size, compressed objects
stay whole because nobody can start reading in their middle. The original counted objects instead of bytes: one big
object was one mapper, and an empty folder was a division by zero.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

from refarch_lambdas.mapreduce.packing import FirstFitBins

MEBIBYTE = 1024**2
GIBIBYTE = 1024**3
MIN_SPLIT_BYTES = 64 * MEBIBYTE
MAX_SPLIT_BYTES = GIBIBYTE
BYTES_PER_REDUCER = GIBIBYTE
MAX_REDUCERS = 256
MAX_TASKS = 10_000
# Opening an object costs some 30 ms whatever its size: a thousand are half a minute, which still suits a retry.
MAX_OBJECTS_PER_TASK = 1_000
COMPRESSED_SUFFIXES = (".gz", ".gzip", ".bz2")


class PlanError(ValueError):
    """The planner was asked for something that cannot be; names every problem at once."""


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """One S3 object as a listing shows it. `size` in bytes. `whole`: never split it, whatever its name says."""

    bucket: str
    key: str
    size: int
    etag: str
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Slice:
    """The bytes [start, end) of one object of `size` bytes."""

    bucket: str
    key: str
    etag: str
    start: int
    end: int
    size: int


@dataclass(frozen=True, slots=True)
class Task:
    """What one mapper reads: its slices, and their bytes together."""

    id: int
    slices: tuple[Slice, ...]
    bytes: int


def is_compressed(key: str) -> bool:
    """Whether the object's name says that it can only be read from its start."""
    return key.lower().endswith(COMPRESSED_SUFFIXES)


def choose_split_bytes(total_bytes: int, concurrent_lambdas: int) -> int:
    """The default slice size: one wave of all Lambdas, within 64 MiB to 1 GiB.

    Below 64 MiB starting a Lambda costs more than it saves; above 1 GiB a retry repeats half a minute or more.
    """
    per_lambda = -(-total_bytes // max(1, concurrent_lambdas))
    return min(MAX_SPLIT_BYTES, max(MIN_SPLIT_BYTES, per_lambda))


def choose_reducer_count(total_bytes: int, concurrent_lambdas: int) -> int:
    """The default number of partitions: one for each GiB of input, 1 to 256, and no more than run at once."""
    return max(1, min(-(-total_bytes // BYTES_PER_REDUCER), MAX_REDUCERS, concurrent_lambdas))


def plan_tasks(
    objects: Iterable[ObjectInfo],
    *,
    split_bytes: int,
    max_tasks: int = MAX_TASKS,
    max_objects: int = MAX_OBJECTS_PER_TASK,
) -> list[Task]:
    """The mapper tasks that read every byte of `objects` exactly once, the longest first.

    A task holds at most `split_bytes` (or one larger compressed object) and `max_objects` slices. Where that needs
    more than `max_tasks`, both limits are raised until it fits. Empty objects are left out; no bytes, no tasks.
    The order of `objects` does not matter. Raises `PlanError` for limits below 1.
    """
    limits = {"split_bytes": split_bytes, "max_tasks": max_tasks, "max_objects": max_objects}
    problems = [f"{name} must be at least 1, got {value}" for name, value in limits.items() if value < 1]
    if problems:
        raise PlanError("; ".join(problems))
    filled = [item for item in objects if item.size > 0]
    split_bytes = max(split_bytes, -(-sum(item.size for item in filled) // max_tasks))
    while len(bins := _pack(filled, split_bytes, max_objects)) > max_tasks:
        split_bytes, max_objects = split_bytes * 2, max_objects * 2
    return [Task(number, tuple(pieces), _bytes(pieces)) for number, pieces in enumerate(bins)]


def _pack(objects: Sequence[ObjectInfo], split_bytes: int, max_objects: int) -> list[list[Slice]]:
    """First fit, largest first. Pieces larger than a bin (compressed objects) get a bin of their own."""
    pieces = sorted((piece for item in objects for piece in _cut(item, split_bytes)), key=_largest_first)
    oversized = [[piece] for piece in pieces if piece.end - piece.start > split_bytes]
    rest = pieces[len(oversized) :]
    packer = FirstFitBins(capacity=split_bytes, max_items=max_objects, bins=len(rest))
    packed: list[list[Slice]] = []
    for piece in rest:
        position = packer.place(piece.end - piece.start)
        if position == len(packed):
            packed.append([])
        packed[position].append(piece)
    return oversized + packed


def _bytes(pieces: Iterable[Slice]) -> int:
    return sum(piece.end - piece.start for piece in pieces)


def _largest_first(piece: Slice) -> tuple[int, str, str, int]:
    return (piece.start - piece.end, piece.bucket, piece.key, piece.start)


def _cut(item: ObjectInfo, split_bytes: int) -> list[Slice]:
    """The object in the fewest slices of at most `split_bytes`, which differ by at most one byte."""
    count = 1 if item.whole or is_compressed(item.key) else -(-item.size // split_bytes)
    edges = [item.size * number // count for number in range(count + 1)]
    return [Slice(item.bucket, item.key, item.etag, start, end, item.size) for start, end in itertools.pairwise(edges)]


def serialise_plan(tasks: Iterable[Task]) -> tuple[bytes, list[list[int]]]:
    """The plan as JSON lines, and the index by task: `[offset, length, input bytes]` (the length without newline)."""
    lines, index, offset = [], [], 0
    for task in tasks:
        document = {"id": task.id, "slices": [asdict(piece) for piece in task.slices]}
        line = json.dumps(document, separators=(",", ":")).encode()
        index.append([offset, len(line), task.bytes])
        lines.append(line + b"\n")
        offset += len(line) + 1
    return b"".join(lines), index


def parse_plan_line(line: bytes) -> Task:
    """One line of the plan, read back."""
    document = json.loads(line)
    slices = tuple(Slice(**piece) for piece in document["slices"])
    return Task(document["id"], slices, _bytes(slices))
