"""Functions: their runtime's remaining life, tracing, logs and URLs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from refarch.gate.policy.data import additional_spec
from refarch.gate.policy.model import Fault, fault, rule
from refarch.gate.policy.values import UNKNOWN, at, text
from refarch.gate.policy.view import Template

FUNCTION = "AWS::Lambda::Function"
_WITH_RUNTIME = (FUNCTION, "AWS::Serverless::Function")


@rule(
    "LAMBDA-RUNTIME",
    "A function's runtime is at its end, or near it",
    control=16,
    anchor="N L1, F Lambda.2, cfn-lint E2531",
    remedy="move to the successor that is named",
)
def runtime(template: Template) -> Iterator[Fault]:
    for function in template.of_type(*_WITH_RUNTIME):
        if isinstance(name := function.get("Runtime"), str) and (message := end_of(name, template)):
            yield fault(function, message, "Runtime")


def end_of(name: str, template: Template) -> str:
    """What to say of a runtime; empty where it has time."""
    known = additional_spec("LmbdRuntimeLifecycle").get(name)
    if known is None or not known.get("deprecated"):
        return ""
    end = date.fromisoformat(known["deprecated"])
    days = (end - template.settings.today).days
    if days > template.settings.runtime_days:
        return ""
    successor = f"; its successor is {known['successor']}" if known.get("successor") else ""
    when = f"ended on {end}" if days < 0 else f"ends on {end}, in {days} days"
    return f"{name} {when} (allowed: {template.settings.runtime_days} days or more){successor}"


@rule(
    "LAMBDA-TRACING",
    "A function is not traced",
    control=17,
    profile="regulated",
    severity="warning",
    anchor="F Lambda.7",
    remedy="set TracingConfig.Mode to Active",
)
def tracing(template: Template) -> Iterator[Fault]:
    for function in template.of_type(FUNCTION):
        if function.get("TracingConfig.Mode") not in ("Active", UNKNOWN):
            yield fault(function, "TracingConfig.Mode is not Active", "TracingConfig")


@rule(
    "LAMBDA-LOG-GROUP",
    "A function writes into a log group that is kept for ever",
    control=17,
    anchor="CT.CLOUDWATCH.PR.2, checkov 66, own",
    remedy="name a log group with RetentionInDays in LoggingConfig.LogGroup",
)
def log_group(template: Template) -> Iterator[Fault]:
    named = [text(each.raw("LogGroupName")) for each in template.of_type("AWS::Logs::LogGroup", "Custom::LogRetention")]
    for function in template.of_type(FUNCTION):
        possible = {f"/aws/lambda/<{function.name}>", f"/aws/lambda/{text(function.raw('FunctionName'))}"}
        if function.get("LoggingConfig.LogGroup") is None and possible.isdisjoint(named):
            yield fault(
                function, "Lambda makes its log group at the first call, without an end", "LoggingConfig.LogGroup"
            )


@rule(
    "LAMBDA-URL-AUTH",
    "Anyone may call the function's URL",
    control=19,
    anchor="CT.LAMBDA.PR.5",
    remedy="set AuthType to AWS_IAM",
)
def url_auth(template: Template) -> Iterator[Fault]:
    for url in template.of_type("AWS::Lambda::Url"):
        if url.get("AuthType") == "NONE":
            yield fault(url, "AuthType is NONE", "AuthType")


@rule(
    "LAMBDA-URL-CORS",
    "Pages of any site may call the function's URL",
    control=19,
    anchor="CT.LAMBDA.PR.6",
    remedy="name the origins",
)
def url_cors(template: Template) -> Iterator[Fault]:
    for url in template.of_type("AWS::Lambda::Url"):
        if "*" in list(url.entries("Cors.AllowOrigins")) or at(url.properties, "Cors.AllowOrigins") == "*":
            yield fault(url, "AllowOrigins has '*'", "Cors.AllowOrigins")
