"""Templates and experiments of each account and region, and how the API shows them."""

from __future__ import annotations

import secrets
import string
import time
from typing import Any

from refarch.local.compute import scope

Row = dict[str, Any]
_templates: dict[tuple[str, str], dict[str, Row]] = {}
_experiments: dict[tuple[str, str], dict[str, Row]] = {}


class Refused(Exception):
    """What the API answers instead of a result."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code, self.status = code, status


def templates() -> dict[str, Row]:
    return _templates.setdefault(scope.place(), {})


def experiments() -> dict[str, Row]:
    return _experiments.setdefault(scope.place(), {})


def template(identifier: str) -> Row:
    return _found(templates(), identifier, "Experiment template")


def experiment(identifier: str) -> Row:
    return _found(experiments(), identifier, "Experiment")


def _found(rows: dict[str, Row], identifier: str, what: str) -> Row:
    if identifier not in rows:
        raise Refused("ResourceNotFoundException", f"{what} {identifier} not found.", 404)
    return rows[identifier]


def of_arn(arn: str) -> Row:
    kind, _, identifier = arn.rpartition(":")[2].partition("/")
    return template(identifier) if kind == "experiment-template" else experiment(identifier)


def new(kind: str, prefix: str, content: Row) -> Row:
    """A row with an id, an ARN and its time."""
    identifier = prefix + "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(15))
    arn = f"arn:aws:fis:{scope.region()}:{scope.account()}:{kind}/{identifier}"
    return {"id": identifier, "arn": arn, "creationTime": time.time(), **content}


def shown(row: Row) -> Row:
    """A row without what is kept for this room only."""
    return {name: value for name, value in row.items() if not name.startswith("_") and value is not None}


def empty() -> None:
    _templates.clear()
    _experiments.clear()


def save() -> Any:
    """Templates only: an experiment does not outlive the cloud."""
    return [[*place, rows] for place, rows in _templates.items()]


def load(saved: Any) -> None:
    for account, region, rows in saved or []:
        _templates[account, region] = rows
