"""What programs may do with data and each other, by the roles that they run under."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from refarch.gate.picture.model import Flow, Strength
from refarch.gate.picture.scene import Scene
from refarch.gate.policy.values import entries, text
from refarch.gate.policy.view import Resource
from refarch.gate.templates.template import TemplateError

_RUNS = {
    "AWS::Batch::JobDefinition": "ContainerProperties.JobRoleArn",
    "AWS::EC2::LaunchTemplate": "LaunchTemplateData.IamInstanceProfile",
    "AWS::AutoScaling::LaunchConfiguration": "IamInstanceProfile",
    "AWS::EC2::Instance": "IamInstanceProfile",
    "AWS::ECS::TaskDefinition": "TaskRoleArn",
    "AWS::Lambda::Function": "Role",
    "AWS::Glue::Job": "Role",
    "AWS::CodeBuild::Project": "ServiceRole",
    "AWS::CodePipeline::Pipeline": "RoleArn",
}
_READS = "Get|List|Query|Scan|BatchGet|Describe|Head|Select|Read|ConditionCheck"
_WORDS = (
    (r"sqs:(Receive|Delete|Change|Get|List|Purge)", ""),
    (r"sqs:Send", "sends"),
    (r"sns:Publish", "publishes"),
    (r"sns:", ""),
    (r"lambda:Invoke", "invokes"),
    (r"states:Start", "starts"),
    (r"states:", ""),
    (r"events:Put", "events"),
    (r"batch:Submit", "submits jobs"),
    (r"ecs:RunTask", "runs tasks"),
    (r"elasticfilesystem:Client", "mounts"),
    (r"secretsmanager:Get", "reads"),
    (r"secretsmanager:", ""),
    (r"rds-db:|rds-data:", "queries"),
    (r"(kinesis|firehose):Put", "records"),
    (rf"(s3|dynamodb|kinesis|glue|athena|es|aoss|ecr)[^:]*:({_READS})", "reads"),
    (r"s3:(Abort|ListMultipart)", ""),
    (r"(s3|dynamodb|kinesis|es|aoss|ecr)[^:]*:", "writes"),
    (r"ec2:AttachVolume", "attaches"),
    (r"(logs|kms|xray|cloudwatch|ssm|ssmmessages|ec2messages|sts|iam|ec2):", ""),
    (rf"[a-z0-9-]+:({_READS})", ""),
    (r"[a-z0-9-]+:", "controls"),
)
_RULES = tuple((re.compile(pattern, re.IGNORECASE), word) for pattern, word in _WORDS)
MOST_STEPS = 200_000
_ORDER = ("reads", "writes")


def flows(scene: Scene) -> Iterator[Flow]:
    """One flow a pair: `reads, writes`, `sends`. Reading from a queue or stream is its event source's to show."""
    words: dict[tuple[str, str], set[str]] = {}
    roles, steps = _programs(scene), 0
    for role, statement in _statements(scene):
        said = {word for each in entries(statement.get("Action")) if (word := word_of(text(each)))}
        for target in scene.ends(statement.get("Resource")) if said else ():
            steps += len(roles.get(role, ()))
            if steps > MOST_STEPS:
                raise TemplateError(f"its roles allow more than {MOST_STEPS:,} connections; that many are not drawn")
            for program in roles.get(role, ()):
                words.setdefault((program, target), set()).update(said)
    for (program, target), said in sorted(words.items()):
        yield Flow(
            program, target, ", ".join(sorted(said, key=lambda word: (word not in _ORDER, word))), Strength.ACCESS
        )


def holders(scene: Scene, address: str) -> Iterator[str]:
    """The boxes that may take an Elastic IP address for themselves."""
    roles = _programs(scene)
    for role, statement in _statements(scene):
        may = any(text(each) == "ec2:AssociateAddress" for each in entries(statement.get("Action")))
        if may and address in scene.view.targets(statement.get("Resource")):
            yield from sorted(roles.get(role, ()))


@cache
def word_of(action: str) -> str:
    """`s3:GetObject` is "reads"; "" for what says nothing about a flow."""
    if action.endswith(":*") and action.split(":")[0] in ("s3", "dynamodb"):
        return "reads, writes"
    return next((word for pattern, word in _RULES if pattern.match(action)), "")


def _programs(scene: Scene) -> dict[str, set[str]]:
    """Role to the boxes that run under it."""
    found: dict[str, set[str]] = {}
    for type_, path in _RUNS.items():
        for resource in scene.view.of_type(type_):
            for role in _roles(scene, resource.raw(path)):
                found.setdefault(role, set()).update(scene.boxes(resource.name))
    return found


def _roles(scene: Scene, value: Any) -> Iterator[str]:
    for name in scene.view.targets(value):
        resource = scene.view.resources[name]
        if resource.type == "AWS::IAM::InstanceProfile":
            yield from scene.view.targets(resource.raw("Roles"))
        elif resource.type == "AWS::IAM::Role":
            yield name


def _statements(scene: Scene) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for policy in scene.view.of_type("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::IAM::RolePolicy"):
        roles = scene.view.targets([policy.raw("Roles"), policy.raw("RoleName")]) | _attached(scene, policy)
        for statement in _allowed(policy.get("PolicyDocument")):
            yield from ((role, statement) for role in sorted(roles))
    for role in scene.view.of_type("AWS::IAM::Role"):
        for inline in role.entries("Policies"):
            document = inline.get("PolicyDocument") if isinstance(inline, Mapping) else None
            yield from ((role.name, statement) for statement in _allowed(document))


def _attached(scene: Scene, policy: Resource) -> set[str]:
    if policy.type != "AWS::IAM::ManagedPolicy":
        return set()
    return {each.name for each in scene.view.users_of(policy, "AWS::IAM::Role")}


def _allowed(document: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(document, Mapping):
        for statement in entries(document.get("Statement")):
            if isinstance(statement, Mapping) and statement.get("Effect") == "Allow":
                yield statement
