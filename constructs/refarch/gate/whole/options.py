"""What a run may be told. Everything here that changes an answer is part of the key under which it is remembered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from refarch.gate.diff.findings import FailOn
from refarch.gate.policy import Profile, Settings

NEVER = "never"


@dataclass(frozen=True, kw_only=True)
class Options:
    """`fail_on` judges the change (as `refarch gate diff`); `fail_on_policy` and `fail_on_typed` name the least
    severity (`error`, `warning`, `info`, or `never`) of a policy finding and of the second reading that fails."""

    profile: Profile = "baseline"
    settings: Settings = field(default_factory=Settings)
    partition: str = "aws"
    parameters: Mapping[str, str] = field(default_factory=dict)
    cdk_database: Path | None = None
    """`db.json.gz` of the CDK's command line; default: below the current folder, if it is there."""

    usage: Path | None = None
    """A file with the usage that the cost card assumes; default: that of the price table."""

    fail_on: tuple[FailOn, ...] = (FailOn.DATA_LOSS,)
    fail_on_policy: str = "warning"
    fail_on_typed: str = "error"

    @property
    def today(self) -> date:
        return self.settings.today

    @property
    def region(self) -> str:
        return self.settings.region
