"""What a change does to a resource, in the words that the output uses."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any


class Verdict(StrEnum):
    """The worst first: the order in which everything is shown and merged."""

    DATA_LOSS_REPLACE = "replace with loss of data"
    DATA_LOSS_DELETE = "delete with loss of data"
    DEPLOY_FAILS = "deploy will fail"
    MAY_LOSE_DATA = "may replace with loss of data"
    REPLACE = "replace"
    RENAME = "rename"
    DELETE = "delete"
    MAY_REPLACE = "may replace"
    ORPHAN = "retained orphan"
    UPDATE = "update"
    ADD = "add"
    NO_OP = "no-op"

    @property
    def rank(self) -> int:
        """0 for the worst."""
        return list(Verdict).index(self)


@dataclass(frozen=True)
class Reason:
    """Why: the property (below `Properties`, or an attribute), in words, and whose word it is."""

    path: str
    text: str
    source: str = ""


@dataclass(frozen=True)
class Change:
    """What happens to one logical id."""

    logical_id: str
    resource_type: str
    verdict: Verdict
    reasons: tuple[Reason, ...] = ()
    paths: tuple[str, ...] = ()
    caused_by: tuple[str, ...] = ()
    keeps_old: str = ""
    renamed_to: str = ""
    renamed_from: str = ""
    when: str = ""

    def with_reason(self, verdict: Verdict, path: str, text: str, source: str = "") -> Change:
        """The same with another verdict, and why."""
        return replace(self, verdict=verdict, reasons=(*self.reasons, Reason(path, text, source)))

    def as_json(self) -> dict[str, Any]:
        """For machines; keys without a value are left out."""
        named = {
            "logicalId": self.logical_id,
            "type": self.resource_type,
            "verdict": self.verdict.name.lower().replace("_", "-"),
            "paths": list(self.paths),
            "reasons": [{"path": each.path, "text": each.text, "source": each.source} for each in self.reasons],
            "causedBy": list(self.caused_by),
            "keepsOld": self.keeps_old,
            "renamedTo": self.renamed_to,
            "renamedFrom": self.renamed_from,
            "when": self.when,
        }
        return {key: value for key, value in named.items() if value}


class Action(StrEnum):
    """What CloudFormation does with a deployed resource, before it is asked what that means for its data."""

    REFUSE = "refuse"
    REPLACE = "replace"
    MAYBE = "maybe"
    UPDATE = "update"
    NOTHING = "nothing"

    @property
    def rank(self) -> int:
        """0 for the strongest."""
        return list(Action).index(self)

    def or_worse(self, other: Action) -> Action:
        """The stronger of both."""
        return min(self, other, key=lambda each: each.rank)
