"""Resources that everyone may use: no account, organisation or source is named."""

from __future__ import annotations

from collections.abc import Iterator

from refarch.gate.policy.model import Fault, fault, rule
from refarch.gate.policy.statements import resource_statements
from refarch.gate.policy.values import text
from refarch.gate.policy.view import Template

# What a gateway endpoint lets through is limited by the callers' own policies: `*` is AWS's default there.
_OPEN_BY_DESIGN = frozenset({"AWS::EC2::VPCEndpoint"})
_SERVICE = ".amazonaws.com"


@rule(
    "PUBLIC-PRINCIPAL",
    "The policy of a resource lets everyone in",
    control=12,
    anchor="F SQS.3/SNS.4/S3.2, CT.LAMBDA.PR.2",
    remedy="name the principals, or limit them with aws:SourceArn, aws:SourceAccount or aws:PrincipalOrgID",
)
def public_principal(template: Template) -> Iterator[Fault]:
    for statement in resource_statements(template):
        if statement.holder.type in _OPEN_BY_DESIGN or not statement.open_principal or statement.narrowed:
            continue
        allowed = ", ".join(statement.actions[:4]) or "what it does not name"
        yield Fault(statement.holder.name, f"everyone is allowed {allowed}, without a condition", statement.path)


@rule(
    "LAMBDA-PERMISSION-PUBLIC",
    "Anyone may call the function",
    control=12,
    anchor="CT.LAMBDA.PR.2, F Lambda.1",
    remedy="name the account or the service in Principal, with SourceArn",
)
def permission_public(template: Template) -> Iterator[Fault]:
    for each in template.of_type("AWS::Lambda::Permission"):
        limits = ("SourceArn", "SourceAccount", "PrincipalOrgID", "EventSourceToken")
        if each.get("Principal") == "*" and all(each.get(limit) is None for limit in limits):
            yield fault(
                each, "Principal '*': every AWS account, and whoever has a function URL, may call it", "Principal"
            )
    for each in template.of_type("AWS::Lambda::LayerVersionPermission"):
        if each.get("Principal") == "*" and each.get("OrganizationId") is None:
            yield fault(each, "Principal '*': every AWS account may read the layer", "Principal")


@rule(
    "LAMBDA-PERMISSION-SOURCE",
    "A service may call the function for anyone's resource",
    control=18,
    anchor="CT.LAMBDA.PR.2",
    remedy="set SourceArn (and SourceAccount where the ARN holds no account, as a bucket's)",
)
def permission_source(template: Template) -> Iterator[Fault]:
    for each in template.of_type("AWS::Lambda::Permission"):
        principal = text(each.raw("Principal"))
        # API Gateway and the load balancer fill in SourceArn late; a skill of Alexa is bound by its own token.
        sources = [each.get(name) for name in ("SourceArn", "SourceAccount", "EventSourceToken", "PrincipalOrgID")]
        if principal.endswith(_SERVICE) and all(source is None for source in sources):
            yield fault(each, f"{principal} may call it for any account: neither SourceArn nor SourceAccount")
