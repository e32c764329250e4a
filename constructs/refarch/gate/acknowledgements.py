"""Findings that a team has looked at and accepts: `refarch-gate.toml`, reviewed like code.

    [[acknowledge]]
    rule = "diff-data-loss"          # a rule's id, or a pattern: "diff-*"
    resource = "Cache*"              # a logical id, or a pattern; "*" for findings of a whole template
    template = "*"                   # optional: only in files of this name
    reason = "holds nothing that the source does not have; refilled in an hour"
    owner = "team-search"
    expires = 2027-01-31             # from the next day on, the finding counts again

What is unused or expired becomes a finding itself: a list that only grows protects nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from refarch.gate.findings import Finding, Rule, Severity, in_order

FILE_NAME = "refarch-gate.toml"
MINIMUM_REASON = 20
UNUSED = Rule(id="acknowledgement-unused", title="An acknowledgement meets no finding", severity=Severity.WARNING)
EXPIRED = Rule(id="acknowledgement-expired", title="An acknowledgement has expired", severity=Severity.WARNING)
SHORT = Rule(id="acknowledgement-reason", title="An acknowledgement says too little", severity=Severity.WARNING)
RULES = (UNUSED, EXPIRED, SHORT)
_REQUIRED = ("rule", "resource", "reason", "owner", "expires")
_ALLOWED = (*_REQUIRED, "template")


class AcknowledgementError(ValueError):
    """The file cannot be used; the message lists every problem in it."""


@dataclass(frozen=True, kw_only=True)
class Acknowledgement:
    """One accepted finding, or one pattern of them."""

    rule: str
    resource: str
    reason: str
    owner: str
    expires: date
    template: str = "*"
    file: str = FILE_NAME

    def meets(self, finding: Finding) -> bool:
        """True where all three patterns fit. Case counts."""
        return (
            fnmatchcase(finding.rule, self.rule)
            and fnmatchcase(finding.resource, self.resource)
            and fnmatchcase(finding.template, self.template)
        )

    def concerns(self, rules: Iterable[str]) -> bool:
        """True where it could meet one of these rules, that is, where their check may call it unused."""
        return any(fnmatchcase(rule, self.rule) for rule in rules)


@dataclass(frozen=True)
class Outcome:
    """Findings that count, those that are acknowledged (with by what), and what is wrong with the list itself."""

    open: tuple[Finding, ...]
    acknowledged: tuple[tuple[Finding, Acknowledgement], ...] = ()
    about_the_list: tuple[Finding, ...] = ()


def load(path: Path) -> tuple[Acknowledgement, ...]:
    """Acknowledgements of a TOML file; none where there is no file.

    Raises `AcknowledgementError` with every problem in it.
    """
    if not path.exists():
        return ()
    import tomllib

    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise AcknowledgementError(f"{path}: {error}") from None
    entries = content.get("acknowledge", [])
    problems = [
        f"unknown table or key {name!r}; only [[acknowledge]] is read" for name in content if name != "acknowledge"
    ]
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise AcknowledgementError(f"{path}: acknowledge must be a list of tables: [[acknowledge]]")
    for number, entry in enumerate(entries, 1):
        problems += [f"entry {number}: {problem}" for problem in _problems(entry)]
    if problems:
        raise AcknowledgementError(
            "\n".join([f"{path}: {len(problems)} problem(s)", *(f"  {each}" for each in problems)])
        )
    return tuple(Acknowledgement(**entry, file=path.name) for entry in entries)


def _problems(entry: Mapping[str, Any]) -> Iterator[str]:
    yield from (f"{name} is missing" for name in _REQUIRED if name not in entry)
    yield from (f"unknown key {name!r}; allowed: {', '.join(_ALLOWED)}" for name in entry if name not in _ALLOWED)
    for name in ("rule", "resource", "reason", "owner", "template"):
        if name in entry and not (isinstance(entry[name], str) and entry[name].strip()):
            yield f"{name} is {entry[name]!r}; a text is needed"
    reason = entry.get("reason")
    if isinstance(reason, str) and len(reason.strip()) < MINIMUM_REASON:
        yield f"reason {reason!r} is too short: say in at least {MINIMUM_REASON} characters why it is acceptable"
    if "expires" in entry and type(entry["expires"]) is not date:
        yield f"expires is {entry['expires']!r}; a date without quotes is needed, as 2027-01-31"


def apply(
    findings: Iterable[Finding],
    acknowledgements: Sequence[Acknowledgement],
    *,
    today: date,
    rules: Iterable[str],
) -> Outcome:
    """Sort findings into those that count and those that are accepted.

    `rules` are the ids of the checks that ran: only acknowledgements for these can be unused. One that has expired
    accepts nothing. Findings of severity INFO need no acknowledgement, but one may meet them.
    """
    valid = [each for each in acknowledgements if each.expires >= today]
    ordered = in_order(findings)
    met = [(finding, next((each for each in valid if each.meets(finding)), None)) for finding in ordered]
    used = {id(each) for finding in ordered for each in acknowledgements if each.meets(finding)}
    ran = frozenset(rules)
    return Outcome(
        open=tuple(finding for finding, by in met if by is None),
        acknowledged=tuple((finding, by) for finding, by in met if by is not None),
        about_the_list=in_order(
            [_expired(each, today) for each in acknowledgements if each.expires < today and each.concerns(ran)]
            + [_unused(each) for each in valid if id(each) not in used and each.concerns(ran)]
            + [_short(each) for each in valid if len(each.reason.strip()) < MINIMUM_REASON and each.concerns(ran)]
        ),
    )


def _expired(each: Acknowledgement, today: date) -> Finding:
    return Finding(
        rule=EXPIRED.id,
        severity=EXPIRED.severity,
        resource=each.resource,
        message=f"the acknowledgement of {each.rule} by {each.owner} expired on {each.expires} (today is {today})",
        remedy="remove it, or decide again and give it a new date",
        template=each.file,
    )


def _unused(each: Acknowledgement) -> Finding:
    return Finding(
        rule=UNUSED.id,
        severity=UNUSED.severity,
        resource=each.resource,
        message=f"the acknowledgement of {each.rule} by {each.owner} meets no finding",
        remedy="remove it: what it accepted is gone, or its pattern no longer fits",
        template=each.file,
    )


def _short(each: Acknowledgement) -> Finding:
    """A file with such a reason is refused; what an app acknowledges in its code arrives here."""
    return Finding(
        rule=SHORT.id,
        severity=SHORT.severity,
        resource=each.resource,
        message=f"the acknowledgement of {each.rule} by {each.owner} says only {each.reason!r}",
        remedy=f"say in at least {MINIMUM_REASON} characters why it is acceptable",
        template=each.file,
    )
