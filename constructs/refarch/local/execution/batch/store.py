"""The emulator's own stores of AWS Batch, seen in the account and region of whoever asks."""

from __future__ import annotations

import contextvars
from collections.abc import Iterable, Mapping
from typing import Any

from refarch.local import adapter
from refarch.local.execution.batch.places import Queue, Room

UNMANAGED_VCPUS = 256.0  # of an UNMANAGED environment that does not say how large it is


def jobs() -> Any:
    return adapter.read("batch jobs")


def job(job_id: str) -> dict[str, Any] | None:
    return jobs().get(job_id)  # type: ignore[no-any-return]


def short(reference: str) -> str:
    """The name in a name or an ARN."""
    return reference.rsplit("/", 1)[-1]


def queue(reference: str) -> dict[str, Any] | None:
    return adapter.read("batch queues").get(short(reference))  # type: ignore[no-any-return]


def environment(reference: str) -> dict[str, Any] | None:
    return adapter.read("batch environments").get(short(reference))  # type: ignore[no-any-return]


def definition(reference: str) -> dict[str, Any] | None:
    """An active job definition by ARN, `name:revision`, or name: then the newest active revision."""
    name, _, revision = short(reference).partition(":")
    active = [one for one in adapter.read("batch definitions").get(name) or () if one["status"] == "ACTIVE"]
    if revision:
        return next((one for one in active if str(one["revision"]) == revision), None)
    return active[-1] if active else None


def queues_and_rooms(scope: contextvars.Context) -> tuple[dict[str, Queue], dict[str, Room]]:
    """Every queue by name with its priority, and every compute environment that takes jobs by name with its size."""
    return scope.copy().run(_queues_and_rooms)


def _queues_and_rooms() -> tuple[dict[str, Queue], dict[str, Room]]:
    rooms = {one["computeEnvironmentName"]: Room(_size(one)) for one in _enabled("batch environments")}
    queues = {}
    for one in adapter.read("batch queues").values():
        order = sorted(one.get("computeEnvironmentOrder") or (), key=lambda entry: int(entry.get("order", 0)))
        names = tuple(short(entry["computeEnvironment"]) for entry in order)
        queues[one["jobQueueName"]] = Queue(int(one.get("priority") or 0), names)
    return queues, rooms


def _enabled(name: str) -> Iterable[Mapping[str, Any]]:
    return [one for one in adapter.read(name).values() if one.get("state", "ENABLED") == "ENABLED"]


def _size(one: Mapping[str, Any]) -> float:
    if str(one.get("type", "")).upper() == "UNMANAGED":
        return float(one.get("unmanagedvCpus") or UNMANAGED_VCPUS)
    return float((one.get("computeResources") or {}).get("maxvCpus") or 0)


def is_fargate(name: str) -> bool:
    resources = (environment(name) or {}).get("computeResources") or {}
    return str(resources.get("type", "")).startswith("FARGATE")


def instance_profile(name: str) -> str | None:
    """The instance profile of a compute environment, whose role a job without a role of its own acts as."""
    return ((environment(name) or {}).get("computeResources") or {}).get("instanceRole")
