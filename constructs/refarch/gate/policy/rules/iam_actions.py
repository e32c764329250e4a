"""What policies of identities allow: everything, more than they name, or what does not exist."""

from __future__ import annotations

from collections.abc import Iterator

from refarch.gate.policy.actions import expand, nearest, service_known
from refarch.gate.policy.model import Fault, rule
from refarch.gate.policy.statements import Statement, identity_statements
from refarch.gate.policy.view import Template


def _everything(action: str) -> bool:
    return action == "*" or action.partition(":")[2] == "*"


def _fault(statement: Statement, message: str) -> Fault:
    return Fault(statement.holder.name, message, statement.path)


@rule(
    "IAM-ADMIN",
    "A policy allows everything, or everything of a service",
    control=22,
    anchor="CT.IAM.PR.1/2/3/5, F IAM.1/IAM.21, CIS 1.16",
    remedy="name the actions that are used",
)
def admin(template: Template) -> Iterator[Fault]:
    for statement in identity_statements(template):
        for action in filter(_everything, statement.actions):
            count = len(expand(action))
            what = "everything in AWS" if action == "*" else f"all {count} actions of the service"
            yield _fault(statement, f"Action {action!r} allows {what}")


@rule(
    "IAM-ACTION-WILDCARD",
    "An action has a wildcard",
    control=22,
    anchor="N IAM5, own",
    remedy="name the actions: new ones join a wildcard when AWS adds them",
)
def action_wildcard(template: Template) -> Iterator[Fault]:
    for statement in identity_statements(template):
        for action in statement.actions:
            if ("*" in action or "?" in action) and not _everything(action) and (found := expand(action)):
                some = ", ".join(found[:4]) + (", …" if len(found) > 4 else "")
                yield _fault(statement, f"Action {action!r} stands for {len(found)} actions today: {some}")


@rule(
    "IAM-UNKNOWN-ACTION",
    "An action does not exist",
    anchor="cfn-lint W3037",
    remedy="write the action as the service authorization reference does",
)
def unknown_action(template: Template) -> Iterator[Fault]:
    for statement in identity_statements(template):
        for action in statement.actions:
            if action == "*" or expand(action) or not (service_known(action) or ":" not in action):
                continue
            hint = f"; did you mean {near!r}?" if (near := nearest(action)) else ""
            yield _fault(statement, f"Action {action!r} is none of the service's{hint}")


@rule(
    "IAM-NOT",
    "A policy allows all but what it names",
    control=22,
    anchor="F IAM.21, own",
    remedy="write Action and Resource with what is allowed; take the rest away with Effect: Deny",
)
def inverted(template: Template) -> Iterator[Fault]:
    for statement in identity_statements(template):
        for key in ("NotAction", "NotResource"):
            if key in statement.raw:
                yield _fault(statement, f"{key} with Effect: Allow allows whatever is not named, new services included")
