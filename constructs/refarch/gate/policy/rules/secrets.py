"""Secrets in plain sight, and secrets that never change."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from refarch.gate.policy.model import Fault, fault, rule
from refarch.gate.policy.values import at, entries, intrinsic, is_on
from refarch.gate.policy.view import Resource, Template

_NAME = re.compile(r"(?i)(password|passwd|pwd|secret|api_?key|access_?key|private_?key|token|credential)s?$")
# The name of a secret is no secret.
_POINTS_TO = re.compile(r"(?i)(^arn:|^/[\w/-]+$|^\{\{resolve:|^https?://|^alias/)")
_VALUES = (
    ("an AWS access key", re.compile(r"\b(AKIA|ASIA)[0-9A-Z]{16}\b")),
    ("a private key", re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")),
    ("a token of GitHub", re.compile(r"\bgh[pousr]_[0-9A-Za-z]{36}\b")),
    ("a token of Slack", re.compile(r"\bxox[abprs]-[0-9A-Za-z-]{10,}")),
    ("a JSON web token", re.compile(r"\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}")),
    ("a password in a URL", re.compile(r"\b[a-z][a-z0-9+]*://[^/\s:@<]+:[^/\s:@<{$]+@")),
)
_LONGEST = 16_384


def environments(resource: Resource) -> Iterator[tuple[str, Any]]:
    """Name and value of the environment variables of functions, containers, projects, jobs and applications."""
    match resource.type:
        case "AWS::Lambda::Function" | "AWS::Serverless::Function":
            yield from _pairs(resource.get("Environment.Variables"))
        case "AWS::ECS::TaskDefinition":
            for container in resource.entries("ContainerDefinitions"):
                yield from _named(at(container, "Environment"))
        case "AWS::Batch::JobDefinition":
            yield from _named(resource.get("ContainerProperties.Environment"))
        case "AWS::CodeBuild::Project":
            yield from _named(resource.get("Environment.EnvironmentVariables"))
        case "AWS::Amplify::App" | "AWS::ElasticBeanstalk::Environment":
            yield from _named(resource.get("EnvironmentVariables"))


def _pairs(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping) and not intrinsic(value):
        yield from ((str(name), each) for name, each in value.items())


def _named(value: Any) -> Iterator[tuple[str, Any]]:
    for each in entries(value):
        if isinstance(each, Mapping) and at(each, "Type") in (None, "PLAINTEXT"):
            yield str(each.get("Name")), each.get("Value")


@rule(
    "SECRET-IN-ENVIRONMENT",
    "A secret is in an environment variable",
    control=20,
    anchor="CT.ECS.PR.12, N ECS2, checkov 45",
    remedy="keep it in Secrets Manager and pass its ARN (ECS: Secrets; Lambda: read it at start)",
)
def environment(template: Template) -> Iterator[Fault]:
    for resource in template.resources.values():
        for name, value in environments(resource):
            if what := _secret(name, value, template):
                yield fault(resource, f"the variable {name} {what}", "Environment")


def _secret(name: str, value: Any, template: Template) -> str:
    if isinstance(value, str) and (kind := looks_secret(value)):
        return f"holds {kind}"
    if _NAME.search(name) and isinstance(value, str) and len(value) > 3 and not _POINTS_TO.search(value):
        return "is called like a secret and holds a plain text"
    match intrinsic(value):
        case "Ref", str() as parameter if is_on(at(template.section("Parameters").get(parameter), "NoEcho")):
            return f"holds the secret parameter {parameter}: whoever may read the configuration sees it"
    return ""


def looks_secret(value: str) -> str:
    """What kind of secret a text holds; empty: none that is known."""
    return next((kind for kind, pattern in _VALUES if pattern.search(value[:_LONGEST])), "")


@rule(
    "SECRET-PARAMETER",
    "A secret parameter is shown",
    anchor="cdk-validate W2509, own",
    remedy="set NoEcho: true and leave Default out, or better: a dynamic reference to Secrets Manager",
)
def parameter(template: Template) -> Iterator[Fault]:
    for name, definition in sorted(template.section("Parameters").items()):
        if not _NAME.search(str(name)) or str(at(definition, "Type")).startswith("AWS::SSM"):
            continue
        if not is_on(at(definition, "NoEcho")):
            yield Fault(str(name), f"the parameter {name} is called like a secret and has no NoEcho")
        elif at(definition, "Default"):
            yield Fault(str(name), f"the parameter {name} has NoEcho and yet a Default that everyone can read")


@rule(
    "SECRET-LITERAL",
    "A password is written in the template",
    remedy="use a dynamic reference: {{resolve:secretsmanager:…}}, or let the service manage it",
)
def literal(template: Template) -> Iterator[Fault]:
    for resource in template.resources.values():
        for key in ("MasterUserPassword", "AdminPassword", "Password", "AuthToken", "SecretString"):
            value = resource.get(key)
            if isinstance(value, str) and "{{resolve:" not in value and not resource.type.endswith("ParameterGroup"):
                yield fault(resource, f"{key} is written out", key)


@rule(
    "SECRET-ROTATION",
    "A secret is never changed",
    control=54,
    profile="regulated",
    severity="warning",
    anchor="N SMG4, F SecretsManager.1",
    remedy="add a RotationSchedule, or acknowledge",
)
def rotation(template: Template) -> Iterator[Fault]:
    for secret in template.of_type("AWS::SecretsManager::Secret"):
        users = template.users_of(secret, "AWS::SecretsManager::RotationSchedule")
        if not any(True for _ in users) and not _attached_rotates(template, secret):
            yield fault(secret, "no RotationSchedule of this template is for it")


def _attached_rotates(template: Template, secret: Resource) -> bool:
    attached = template.users_of(secret, "AWS::SecretsManager::SecretTargetAttachment")
    return any(True for each in attached for _ in template.users_of(each, "AWS::SecretsManager::RotationSchedule"))
