"""What a stack tells its functions: the steps' jobs, the queues, and how long a job may take. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class StepSettings:
    """One step, as it is deployed."""

    definition: str
    """ARN of the job definition, with its revision."""

    queue: str
    """ARN of the queue that its jobs go to."""

    image: str
    vcpus: int
    memory_mib: int
    attempts: int
    seconds_a_gib: int
    """Longest time of an attempt a GiB of FASTQ, with `vcpus`."""

    defaults: Mapping[str, str]
    """Parameter to its value where an input names none."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All that is fixed for a stack."""

    steps: Mapping[str, StepSettings]
    queues: tuple[str, ...]
    """ARNs of the queues that jobs may go to."""

    thresholds: Mapping[str, float]
    results: str
    """s3://bucket/prefix for what belongs to no sample: the sheets of cohorts as they were read."""

    waiting_seconds: int
    """How long a job may wait for an instance, besides the time that it runs."""

    @property
    def defaults(self) -> Mapping[str, Mapping[str, str]]:
        return {name: step.defaults for name, step in self.steps.items()}


def read_settings(text: str) -> Settings:
    """From the function's variable. Raises `KeyError` or `TypeError` where it is not ours."""
    document = json.loads(text)
    steps = {name: StepSettings(**step) for name, step in document.pop("steps").items()}
    return Settings(steps=steps, queues=tuple(document.pop("queues")), **document)
