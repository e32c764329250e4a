"""What `Fn::GetAtt` gives for a resource that has no service behind it: made up, but of the right form.

An identifier has the prefix of its service, an ARN this cloud's partition, region and account; the same
resource of the same stack gets the same values. Where the schema has a pattern, the value fits it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from refarch.local.resources.identities import ARN_RESOURCES, ARN_SERVICES, GLOBAL_SERVICES, ID_PREFIXES
from refarch.local.resources.keywords import matches
from refarch.local.resources.pattern_samples import sample
from refarch.local.resources.schemas import Pointer, ResourceType

STATES = ("ACTIVE", "AVAILABLE", "ENABLED", "RUNNING", "READY", "CREATED", "COMPLETED", "SUCCEEDED", "active")
TIME = "2026-01-01T00:00:00Z"


@dataclass(frozen=True, kw_only=True)
class Birth:
    """Where and as what a resource comes to the world: its values follow from this. `real` are those of an API."""

    kind: ResourceType
    name: str  # the generated physical name
    account: str
    region: str
    real: Mapping[str, Any] = field(default_factory=dict)

    @property
    def partition(self) -> str:
        prefixes = {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}
        return next((name for start, name in prefixes.items() if self.region.startswith(start)), "aws")

    def drawn(self, attribute: str) -> str:
        """Hexadecimal digits that belong to this attribute of this resource."""
        seed = f"{self.account}:{self.region}:{self.kind.name}:{self.name}:{attribute}"
        return hashlib.sha256(seed.encode()).hexdigest()


def attributes(birth: Birth, properties: dict[str, Any]) -> dict[str, Any]:
    """Every attribute of the resource: what the template sets, and a made-up value for what only the service sets."""
    given = {name: value for name, value in properties.items() if not isinstance(value, dict)}
    made = {".".join(path): synthesized(birth, path) for path in attribute_paths(birth.kind)}
    return {**{name: value for name, value in made.items() if value is not None}, **given}


def attribute_paths(kind: ResourceType) -> list[Pointer]:
    """The paths that `Fn::GetAtt` can name: read-only properties, with the members of those that are objects."""
    paths: list[Pointer] = []
    for path in kind.read_only:
        if "*" in path:
            continue
        node = kind.node(path)
        members = node.get("properties", {}) if node.get("type") == "object" else {}
        paths += [(*path, member) for member in members] or [path]
    return list(dict.fromkeys(paths))


def synthesized(birth: Birth, path: Pointer) -> Any:
    """A plausible value of one attribute, None where only the service could have one (objects)."""
    node = birth.kind.node(path)
    types = node.get("type", "string")
    first = types[0] if isinstance(types, list) and types else types
    if first in ("integer", "number"):
        return str(node.get("minimum", 1))
    if first == "boolean":
        return "false"
    if first == "array":
        return _several(birth, path, birth.kind.resolved(node.get("items")))
    if first == "object" or ("oneOf" in node and "type" not in node):
        return None
    return _text(birth, ".".join(path), node)


def _several(birth: Birth, path: Pointer, item: dict[str, Any]) -> list[str]:
    if item.get("type", "string") != "string":
        return []
    return [_text(birth, f"{'.'.join(path)}{index}", item) for index in (1, 2)]


def _text(birth: Birth, attribute: str, node: dict[str, Any]) -> str:
    if node.get("enum"):
        return _state(node["enum"])
    text = _guessed(birth, attribute)
    pattern, longest = node.get("pattern"), node.get("maxLength")
    if longest is not None:
        text = text[-longest:] if longest >= 1 else text
    if pattern is None or matches(pattern, text):
        return text
    drawn = sample(pattern, birth.drawn(attribute), shortest=node.get("minLength", 0), longest=longest)
    return text if drawn is None else _at_home(birth, attribute, drawn, pattern)


def _state(allowed: list[Any]) -> str:
    return next((str(one) for state in STATES for one in allowed if str(one) == state), str(allowed[0]))


def _at_home(birth: Birth, attribute: str, drawn: str, pattern: str) -> str:
    """A drawn ARN with this cloud's partition, region and account, where the pattern allows them."""
    parts = drawn.split(":", 5)
    if len(parts) < 6 or parts[0] != "arn":
        return drawn
    home = ["arn", birth.partition, parts[2], birth.region if parts[3] else "", birth.account if parts[4] else ""]
    kind = parts[5].rpartition("/")[0]
    endings = [f"{kind}/{_identity(birth, attribute)}", f"{kind}/{birth.name}", parts[5]] if kind else [parts[5]]
    texts = [":".join([*home, ending]) for ending in endings]
    return next((text for text in texts if matches(pattern, text)), drawn)


def _guessed(birth: Birth, attribute: str) -> str:
    last = attribute.split(".")[-1]
    for ending, made in FORMS:
        if re.search(ending, last):
            return made(birth, attribute)
    return f"{birth.name}-{last}".lower()


def arn(birth: Birth, attribute: str = "Arn") -> str:
    service = ARN_SERVICES.get(birth.kind.service, birth.kind.service.lower())
    plain = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", birth.kind.kind).lower() + "/"
    kind = ARN_RESOURCES.get(birth.kind.name, plain)
    region = "" if service in GLOBAL_SERVICES else birth.region
    return f"arn:{birth.partition}:{service}:{region}:{birth.account}:{kind}{_identity(birth, attribute)}"


def _identity(birth: Birth, attribute: str) -> str:
    """What an ARN ends with: the resource's own id where it has one, else its name."""
    names = [name for name in birth.kind.identifiers if name.endswith("Id") and name in birth.kind.settled]
    plain = attribute in ("Arn", f"{birth.kind.kind}Arn") and names
    if not plain:
        return birth.name
    return str(birth.real.get(names[0]) or _text(birth, names[0], birth.kind.node((names[0],))))


def identifier(birth: Birth, attribute: str) -> str:
    prefix = ID_PREFIXES.get(birth.kind.name, {}).get(attribute, "")
    return prefix + birth.drawn(attribute)[:17]


def _address(birth: Birth, attribute: str) -> str:
    network = "203.0.113" if "public" in attribute.lower() else "10.0.0"
    return f"{network}.{int(birth.drawn(attribute)[:2], 16) % 250 + 4}"


def _host(birth: Birth, attribute: str) -> str:
    label = re.sub(r"[^a-z0-9-]", "-", birth.name.lower())[-60:].strip("-")
    service = ARN_SERVICES.get(birth.kind.service, birth.kind.service.lower())
    return f"{label}.{service}.{birth.region}.amazonaws.com"


def _account(birth: Birth, attribute: str) -> str:
    return birth.account


FORMS = (
    (r"(Arn|ARN)s?\d?$", arn),
    (r"(Owner|OwnerId|AccountId|AwsAccountId)$", _account),
    (r"(Ip|IP|IpAddress|IpAddresses)\d?$", _address),
    (r"Port$", lambda birth, attribute: "443"),
    (r"(Address|Dns|DNS|DnsName|DNSName|DomainName|Endpoint|Url|URL|Uri|Host|HostName)$", _host),
    (r"([Ii]d|ID|Ids|Identifier)\d?$", identifier),
    (r"(Status|State)$", lambda birth, attribute: "ACTIVE"),
    (r"(At|Time|Date|Timestamp|On)$", lambda birth, attribute: TIME),
    (r"(Version|Revision)$", lambda birth, attribute: "1"),
)
