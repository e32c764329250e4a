"""From a template to policies: what the handlers of its types call, limited to the stack where names allow it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from refarch.gate.deploy_policy.names import limits, name_of, pointless, qualifiers
from refarch.gate.deploy_policy.pack import pack
from refarch.gate.policy.actions import expand, resource_types
from refarch.gate.policy.rules.iam_trust import trusted_services
from refarch.gate.policy.view import Template
from refarch.gate.schemas import schema_of

Statement = dict[str, Any]
Document = dict[str, Any]
HANDLERS = ("create", "read", "update", "delete")
_PASS_ROLE = "iam:PassRole"  # noqa: S105
_STACK_ACTIONS = (
    *("CreateChangeSet", "CreateStack", "DeleteChangeSet", "DeleteStack", "DescribeChangeSet", "DescribeStackEvents"),
    *("DescribeStackResources", "DescribeStacks", "ExecuteChangeSet", "GetTemplate", "RollbackStack"),
    *("ContinueUpdateRollback", "UpdateStack", "UpdateTerminationProtection", "TagResource", "UntagResource"),
)
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,127}")


@dataclass(frozen=True)
class DeployPolicy:
    """Managed policies for one role, and what no schema says."""

    documents: tuple[Document, ...]
    uncovered: tuple[str, ...] = ()
    """Types whose schema names no permissions, or that have none: their actions must be added by hand."""


def deploy_policy(content: Mapping[str, Any], *, stack: str, partition: str = "aws") -> DeployPolicy:
    """The policies for a template deployed as `stack`.

    `partition`: aws, aws-cn or aws-us-gov. The permissions are those of the handlers (create, read, update, delete) in
    the official schemas. Raises `ValueError` for a name that no stack can have.
    """
    if not _NAME.fullmatch(stack):
        raise ValueError(f"stack is {stack!r}, allowed: letters, digits and hyphens, a letter first, at most 128")
    template = Template(content)
    types = {each.type for each in template.resources.values()}
    statements = [*_of_the_stack(template, stack), *_pass_role(template, stack), *_of_handlers(template, types, stack)]
    uncovered = sorted(
        each for each in types if each.startswith("AWS::") and each != "AWS::CDK::Metadata" and not _calls(each)
    )
    arns = [{**each, "Resource": _arns(each["Resource"], partition)} for each in statements]
    return DeployPolicy(tuple(pack(arns)), tuple(uncovered))


def _arns(resources: list[str], partition: str) -> list[str] | str:
    """Whole ARNs: IAM takes no wildcard for the partition."""
    whole = [each if each == "*" else f"arn:{partition}:{each}" for each in resources]
    return whole if len(whole) > 1 else whole[0]


def _calls(resource_type: str) -> frozenset[str]:
    schema = schema_of(resource_type)
    return frozenset(each for name in HANDLERS for each in schema.permissions(name)) if schema else frozenset()


def _of_handlers(template: Template, types: set[str], stack: str) -> Iterator[Statement]:
    """One statement a service and set of resources."""
    grouped: dict[tuple[str, tuple[str, ...]], set[str]] = defaultdict(set)
    for action in {each.strip() for kind in types for each in _calls(kind)} - {_PASS_ROLE}:
        service = action.partition(":")[0].lower()
        if existing := expand(action):
            kinds = {kind for each in existing for kind in resource_types(each)}
            free = any(not resource_types(each) for each in existing)
            ordered = tuple(sorted(kinds))
            on = ("*",) if free else limits(service, ordered, template, stack)
            if free or not pointless(service, ordered, template):
                grouped[service, on].add(action)
    if tokens := _service_tokens(template, stack):
        grouped["lambda", tokens].add("lambda:InvokeFunction")
    for (_, on), actions in sorted(grouped.items()):
        yield _statement(sorted(actions, key=str.lower), list(on))


def _service_tokens(template: Template, stack: str) -> tuple[str, ...]:
    """CloudFormation calls the functions behind custom resources as who deploys."""
    custom = (each for each in template.resources.values() if each.raw("ServiceToken") is not None)
    found = set()
    for each in custom:
        target = template.target(each.raw("ServiceToken"))
        name = name_of(target, "FunctionName", stack) if target else "*"
        found.add(f"lambda:*:*:function:{name}")
    return tuple(sorted(found))


def _pass_role(template: Template, stack: str) -> Iterator[Statement]:
    """Only the stack's own roles, and only to the services that they trust."""
    by_services: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for role in template.of_type("AWS::IAM::Role"):
        services = tuple(sorted(trusted_services(role.raw("AssumeRolePolicyDocument"))))
        by_services[services].add(f"iam::*:role/{name_of(role, 'RoleName', stack)}")
    for services, roles in sorted(by_services.items()):
        if named := [each for each in services if "<" not in each]:
            condition = {"StringEquals": {"iam:PassedToService": named}}
            yield {**_statement([_PASS_ROLE], sorted(roles)), "Condition": condition}


def _of_the_stack(template: Template, stack: str) -> Iterator[Statement]:
    actions = sorted(f"cloudformation:{each}" for each in _STACK_ACTIONS)
    yield _statement(actions, [f"cloudformation:*:*:stack/{stack}/*"])
    yield _statement(["cloudformation:GetTemplateSummary", "cloudformation:ValidateTemplate"], ["*"])
    for qualifier in qualifiers(template):
        bucket = f"s3:::cdk-{qualifier}-assets-*"
        yield _statement(
            ["s3:GetBucketLocation", "s3:GetObject", "s3:ListBucket", "s3:PutObject"], [bucket, f"{bucket}/*"]
        )
        yield _statement(["ssm:GetParameter", "ssm:GetParameters"], [f"ssm:*:*:parameter/cdk-bootstrap/{qualifier}/*"])


def _statement(actions: list[str], resources: list[str]) -> Statement:
    return {"Effect": "Allow", "Action": actions, "Resource": resources}
