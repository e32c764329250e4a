"""What a rule is: data about it, and a pure function from a template to faults."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from refarch.gate.findings import Severity
from refarch.gate.policy.view import Resource, Template

Profile = Literal["baseline", "regulated"]
PROFILES: tuple[Profile, ...] = ("baseline", "regulated")


@dataclass(frozen=True)
class Fault:
    """One place where a template breaks a rule."""

    resource: str
    """Logical id; empty for what belongs to the template as a whole."""

    message: str
    """What is wrong, with the value that was found."""

    path: str = ""
    """Dotted path below the resource's Properties."""


Check = Callable[[Template], Iterator[Fault]]


@dataclass(frozen=True)
class Rule:
    """A rule. Its id is public: acknowledgements name it."""

    id: str
    title: str
    severity: Severity
    profile: Profile
    """The least profile that has the rule: `regulated` holds everything in `baseline`."""

    anchor: str
    """Who else asks for it: Control Tower (CT), cdk-nag (N), Security Hub (F), CIS, or `own`."""

    remedy: str
    check: Check
    control: int | None = None
    """Number of the control in docs/gate/policy.md; `None` for what is no control but plain correctness."""

    def applies_in(self, profile: Profile) -> bool:
        return self.profile == "baseline" or profile == "regulated"


def rule(
    id: str,
    title: str,
    *,
    remedy: str,
    anchor: str = "own",
    control: int | None = None,
    severity: Literal["error", "warning"] = "error",
    profile: Profile = "baseline",
) -> Callable[[Check], Rule]:
    """Makes a rule of a check. A module in `rules/` that holds one is found by the registry."""

    def made(check: Check) -> Rule:
        return Rule(id, title, Severity(severity), profile, anchor, remedy, check, control)

    return made


def fault(resource: Resource, message: str, path: str = "") -> Fault:
    return Fault(resource.name, message, path)
