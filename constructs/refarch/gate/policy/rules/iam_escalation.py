"""Ways by which who has a policy gets more than the policy says."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from refarch.gate.policy.actions import expand
from refarch.gate.policy.model import Fault, rule
from refarch.gate.policy.rules.iam_resources import is_everything
from refarch.gate.policy.statements import IDENTITIES, Statement, identity_statements
from refarch.gate.policy.values import raw_entries, text
from refarch.gate.policy.view import Template

PASS_ROLE = "iam:passrole"  # noqa: S105
ALONE = frozenset(
    f"iam:{name}"
    for name in (
        *("createpolicyversion", "setdefaultpolicyversion", "attachrolepolicy", "attachuserpolicy"),
        *("attachgrouppolicy", "putrolepolicy", "putuserpolicy", "putgrouppolicy", "createaccesskey"),
        *("createloginprofile", "updateloginprofile", "updateassumerolepolicy", "addusertogroup"),
    )
) | {"lambda:updatefunctioncode", "ssm:sendcommand"}
"""Enough by themselves, on every resource: they change what someone with more may do."""

TOGETHER = (
    ("lambda:createfunction", "lambda:invokefunction"),
    ("lambda:createfunction", "lambda:createeventsourcemapping"),
    ("lambda:createfunction", "lambda:addpermission"),
    ("ec2:runinstances",),
    ("cloudformation:createstack",),
    ("glue:createdevendpoint",),
    ("glue:createjob", "glue:startjobrun"),
    ("ecs:registertaskdefinition", "ecs:runtask"),
    ("ecs:registertaskdefinition", "ecs:createservice"),
    ("codebuild:createproject", "codebuild:startbuild"),
    ("states:createstatemachine", "states:startexecution"),
    ("sagemaker:createnotebookinstance",),
    ("datapipeline:createpipeline",),
    ("batch:registerjobdefinition", "batch:submitjob"),
    ("scheduler:createschedule",),
)
"""Enough with iam:PassRole for any role: they run code, or calls, as that role."""


def _actions(statement: Statement) -> frozenset[str]:
    return frozenset(action for pattern in statement.actions for action in expand(pattern))


def _wild(statement: Statement) -> bool:
    return any(is_everything(each) or each.endswith(":role/*") for each in statement.resources)


@rule(
    "IAM-PASSROLE",
    "Any role may be handed to a service, or one to any service",
    control=24,
    remedy="name the roles, and the service in the condition iam:PassedToService",
)
def pass_role(template: Template) -> Iterator[Fault]:
    for statement in identity_statements(template):
        if not any(action.lower() == PASS_ROLE for action in statement.actions):
            continue
        missing = ["the resource is every role"] if _wild(statement) else []
        if not any(key == "iam:passedtoservice" for _, key, _ in statement.conditions):
            missing.append("no condition iam:PassedToService")
        if missing:
            yield Fault(statement.holder.name, f"iam:PassRole: {' and '.join(missing)}", statement.path)


@rule(
    "IAM-PRIVILEGE-ESCALATION",
    "Who has these permissions can get any other",
    control=24,
    remedy="take one of the actions away, limit it to resources, or set a permissions boundary",
)
def escalation(template: Template) -> Iterator[Fault]:
    for statement in identity_statements(template):
        if _wild(statement) and (found := sorted(_actions(statement) & ALONE)):
            yield Fault(statement.holder.name, f"{', '.join(found)} on every resource", statement.path)
    yield from _combined(template)


def _combined(template: Template) -> Iterator[Fault]:
    for held in _by_identity(template).values():
        passing = [each for each in held if _wild(each) and PASS_ROLE in _actions(each)]
        allowed = frozenset().union(*map(_actions, held))
        if passing and (found := next((each for each in TOGETHER if allowed.issuperset(each)), None)):
            words = " + ".join((PASS_ROLE, *found))
            yield Fault(passing[0].holder.name, f"{words} runs as any role", passing[0].path)


def _by_identity(template: Template) -> dict[str, list[Statement]]:
    """Statements of every identity, those of the policies attached to it included."""
    found: dict[str, list[Statement]] = defaultdict(list)
    for statement in identity_statements(template):
        holder = statement.holder
        names = [f"<{holder.name}>"] if holder.type in IDENTITIES else _attached(statement)
        for name in names or [f"<{holder.name}>"]:
            found[name].append(statement)
    return found


def _attached(statement: Statement) -> list[str]:
    keys = ("Roles", "Users", "Groups", "RoleName", "UserName", "GroupName")
    return [text(each) for key in keys for each in raw_entries(statement.holder.raw(key))]
