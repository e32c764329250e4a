"""What a workflow is made of before it is a document: its flow, and the names of what its states call. No AWS."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

States = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Branches:
    """Steps side by side: each branch is a sequence of step names."""

    branches: Sequence[Sequence[str]]


Flow = Sequence["str | Branches"]


@dataclass(frozen=True, kw_only=True)
class Names:
    """What the states call. ARNs may be tokens."""

    prepare: str
    explain: str
    topic: str
    gate: str = ""
    partition: str = "aws"
    shares: dict[str, str] = field(default_factory=dict)
    """Step to the share identifier of its jobs, where the queues have fair share."""

    def service(self, action: str) -> str:
        return f"arn:{self.partition}:states:::{action}"


@dataclass(frozen=True, kw_only=True)
class CohortPlace:
    """Where a cohort's results are written."""

    bucket: str
    prefix: str


def steps_of(flow: Flow) -> Iterator[str]:
    """The names of all steps, in order."""
    for part in flow:
        if isinstance(part, str):
            yield part
        else:
            for branch in part.branches:
                yield from branch


def title(step: str) -> str:
    """A step's name as its states have it."""
    return step[:1].upper() + step[1:]
