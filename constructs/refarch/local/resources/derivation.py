"""Which operations of an API could make a resource type real, read from the names in the models, without calling any.

CloudFormation and the APIs mostly follow the same rules: `AWS::Glue::Crawler` is made by CreateCrawler of glue,
changed by UpdateCrawler and ended by DeleteCrawler. What the names promise is proved type by type, by making one
(tests/local/resources/prove.py); only what was proved is used.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from refarch.local.resources.schemas import ResourceType

# Where a namespace of CloudFormation has other names among the APIs.
CLIENTS: dict[str, tuple[str, ...]] = {
    "ACMPCA": ("acm-pca",),
    "APS": ("amp",),
    "AmazonMQ": ("mq",),
    "Bedrock": ("bedrock", "bedrock-agent"),
    "BedrockAgentCore": ("bedrock-agentcore-control",),
    "CertificateManager": ("acm",),
    "Cognito": ("cognito-idp", "cognito-identity"),
    "ElasticLoadBalancing": ("elb",),
    "ElasticLoadBalancingV2": ("elbv2",),
    "EventSchemas": ("schemas",),
    "Elasticsearch": ("es",),
    "GreengrassV2": ("greengrassv2",),
    "InspectorV2": ("inspector2",),
    "KinesisFirehose": ("firehose",),
    "Lex": ("lexv2-models",),
    "MSK": ("kafka",),
    "Macie": ("macie2",),
    "OpenSearchService": ("opensearch",),
    "SES": ("ses", "sesv2"),
    "SSO": ("sso-admin",),
    "Timestream": ("timestream-write", "timestream-influxdb"),
    "WAF": ("waf",),
    "WAFRegional": ("waf-regional",),
}
CREATE, DELETE = ("Create", "Put", "Register", "Add"), ("Delete", "Deregister", "Remove", "Terminate")
UPDATE, READ = ("Update", "Modify"), ("Describe", "Get", "List")
AGAIN = ("Put", "Register")  # what makes also changes
SAME = {"identifier": ("id", "arn"), "id": ("identifier",), "arn": ("identifier",)}  # ends that mean the same
TOKENS = {"clienttoken", "clientrequesttoken", "creatorrequestid", "callerreference", "uniqueid", "idempotencytoken"}


@dataclass(frozen=True)
class Candidate:
    """Operations of one API, by their boto3 names; None where the model has none."""

    service: str
    create: str
    delete: str
    update: str | None
    reads: tuple[str, ...]


def plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def clients(namespace: str, known: Iterable[str]) -> tuple[str, ...]:
    """The boto3 names of the APIs that may have a namespace's resources."""
    if namespace in CLIENTS:
        return CLIENTS[namespace]
    return tuple(name for name in known if plain(name) == plain(namespace))


def nouns(kind: ResourceType) -> list[str]:
    """What the API may call the type: its own name, with or without the name of its service."""
    own, service = plain(kind.kind), plain(kind.service)
    found = [own, own.removeprefix(service), service + own]
    return list(dict.fromkeys(name for name in found if name))


def candidate(kind: ResourceType, service: str, methods: Mapping[str, str]) -> Candidate | str:
    """The operations for a type, or why there are none. `methods`: boto3's names of the operations."""
    by_name = {plain(operation): method for method, operation in methods.items()}

    def first(verbs: Iterable[str], plural: bool = False) -> list[str]:
        ends = ("", "s", "es") if plural else ("",)
        tried = (plain(verb) + noun + end for verb in verbs for noun in nouns(kind) for end in ends)
        ies = [
            plain(verb) + noun[:-1] + "ies" for verb in verbs for noun in nouns(kind) if plural and noun.endswith("y")
        ]
        return [by_name[name] for name in (*tried, *ies) if name in by_name]

    create, delete = first(CREATE), first(DELETE)
    if not create:
        return "its API has no operation that makes it"
    if not delete:
        return "its API has no operation that ends it"
    again = create[0] if methods[create[0]].startswith(AGAIN) else None
    update = next(iter(first(UPDATE)), again)
    return Candidate(service, create[0], delete[0], update, tuple(first(READ, plural=True)))


def sources(kind: ResourceType, member: str, known: Iterable[str]) -> list[str]:
    """From what a member that names the resource may be filled, the likeliest first."""
    names = list(known)
    exact = [name for name in names if plain(name) == plain(member)]
    rests = {plain(member).removeprefix(noun) for noun in nouns(kind)}
    same_end = [
        name
        for name in names
        if plain(name) in rests or any(plain(noun + name) == plain(member) for noun in nouns(kind))
    ]
    ends = [name for name in kind.identifiers if plain(member).endswith(plain(name)[-4:])]
    return list(dict.fromkeys([*exact, *same_end, *ends, *kind.identifier, "Ref"]))


def told(kind: ResourceType, reply: Mapping[str, Any]) -> dict[str, str]:
    """Which member of a flattened reply holds which read-only attribute, where the names differ."""
    found = {}
    for name in sorted(kind.settled):
        if plain(name) in reply:
            continue
        for noun in nouns(kind):
            short = plain(name).removeprefix(noun)
            others = (noun + other for other in SAME.get(short, ()))
            for key in (noun + plain(name), short, *others, *SAME.get(short, ())):
                if key and key in reply and name not in found:
                    found[name] = key
    return found


def given(shape: Any, account: str) -> dict[str, str]:
    """Members that an API wants and no template has: a token that tells one request from another, the account."""
    found = {name: uuid.uuid4().hex for name in shape.required_members if plain(name) in TOKENS}
    return found | {name: account for name in shape.required_members if plain(name) in ("awsaccountid", "accountid")}


def renamed(kind: ResourceType, members: Iterable[str]) -> dict[str, str]:
    """Property -> member of a request, where only one of the two carries the name of the type: Name, RegistryName."""
    names = {plain(name): name for name in kind.properties}
    found: dict[str, str] = {}
    for member in members:
        if plain(member) in names:
            continue
        for noun in nouns(kind):
            for other in (plain(member).removeprefix(noun), noun + plain(member)):
                if other in names and names[other] not in found:
                    found[names[other]] = member
    return {name: member for name, member in found.items() if plain(name) not in map(plain, members)}


def wrapping(kind: ResourceType, shape: Any) -> str | None:
    """The one member that holds all others, such as `TableInput`; None where the members stand alone."""
    structures = [name for name in shape.required_members if shape.members[name].type_name == "structure"]
    names = {plain(name) for name in kind.properties}
    if len(structures) != 1 or plain(structures[0]) in names:
        return None
    inner = {plain(name) for name in shape.members[structures[0]].members}
    return structures[0] if inner & names else None
