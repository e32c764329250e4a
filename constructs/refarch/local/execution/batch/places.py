"""Which waiting job starts next, and where. Pure; source: "Job queue priority" and FIFO in the AWS Batch guide."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

TOO_LARGE = (
    "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT - the job needs {needed:g} vCPUs, more than maxvCpus of every compute "
    "environment of its queue"
)
NOWHERE = "MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE - no compute environment of the queue is enabled"


@dataclass(frozen=True)
class Waiting:
    """A runnable job: its queue, the vCPUs it reserves and its place in the order of submission."""

    job: str
    queue: str
    vcpus: float
    number: int


@dataclass
class Room:
    """The vCPUs of one compute environment, and those in use."""

    most: float
    used: float = 0.0


@dataclass(frozen=True)
class Queue:
    """A queue's priority (higher goes first) and its compute environments, the preferred one first."""

    priority: int
    environments: Sequence[str] = field(default_factory=tuple)


def choose(
    waiting: Iterable[Waiting], queues: Mapping[str, Queue], rooms: Mapping[str, Room]
) -> list[tuple[Waiting, str]]:
    """The jobs that start now, each with its compute environment. `rooms` are changed as they fill.

    Higher queues first, first in first out within one. A job for which there is no room now keeps the compute
    environments it could run on from all behind it; one that could never run holds up nobody.
    """
    started, closed = [], set()
    for entry in sorted(waiting, key=lambda one: (-queues[one.queue].priority, one.number)):
        possible = [name for name in queues[entry.queue].environments if could_hold(rooms, name, entry.vcpus)]
        open_now = (name for name in possible if name not in closed and fits(rooms[name], entry.vcpus))
        place = next(open_now, None)
        if place is None:
            closed.update(possible)
        else:
            rooms[place].used += entry.vcpus
            started.append((entry, place))
    return started


def could_hold(rooms: Mapping[str, Room], name: str, vcpus: float) -> bool:
    return name in rooms and vcpus <= rooms[name].most


def fits(room: Room, vcpus: float) -> bool:
    return room.used + vcpus <= room.most + 1e-9


def stuck(entry: Waiting, queues: Mapping[str, Queue], rooms: Mapping[str, Room]) -> str | None:
    """Why a job can never start as things are; None when it can."""
    names = [name for name in queues[entry.queue].environments if name in rooms]
    if not names:
        return NOWHERE
    return None if any(could_hold(rooms, name, entry.vcpus) for name in names) else TOO_LARGE.format(needed=entry.vcpus)
