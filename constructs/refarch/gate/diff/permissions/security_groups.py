"""Security group rules as sets: is every new rule within one that was there, networks taken together?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_network
from typing import Any

from refarch.gate.diff.values import text_of
from refarch.gate.values import show

_RESOURCES = {"AWS::EC2::SecurityGroupIngress": "ingress", "AWS::EC2::SecurityGroupEgress": "egress"}
_PEERS = ("CidrIp", "CidrIpv6", "SourcePrefixListId", "DestinationPrefixListId", "SourceSecurityGroupId")
_MORE_PEERS = ("DestinationSecurityGroupId", "SourceSecurityGroupName")
_PORTS = 65_535
_MAX_RULES = 2_000
Network = IPv4Network | IPv6Network


@dataclass(frozen=True)
class Rule:
    """Who may reach which ports. `network` where the peer is a block of addresses, else its text."""

    protocol: str
    first: int
    last: int
    peer: str
    network: Network | None = None

    def within(self, wide: Rule) -> bool:
        """True where `wide` lets all of this through."""
        if wide.protocol not in ("-1", self.protocol) or not (wide.first <= self.first and self.last <= wide.last):
            return False
        if self.network is None or wide.network is None:
            return self.peer == wide.peer
        return self.network.version == wide.network.version and self.network.subnet_of(wide.network)  # type: ignore[arg-type]

    def text(self) -> str:
        """`tcp 443 from 0.0.0.0/0`."""
        ports = "all ports" if (self.first, self.last) == (-1, _PORTS) else str(self.first)
        if self.first != self.last and ports != "all ports":
            ports = f"{self.first}-{self.last}"
        return f"{'all protocols' if self.protocol == '-1' else self.protocol} {ports}, {self.peer}"


def rules(resources: Mapping[str, Mapping[str, Any]]) -> dict[tuple[str, str], list[Rule]]:
    """(group, direction) to its rules, of the groups themselves and of the resources that add to one."""
    found: dict[tuple[str, str], list[Rule]] = {}
    for name, resource in sorted(resources.items()):
        kind, properties = resource["Type"], resource["Properties"]
        if kind == "AWS::EC2::SecurityGroup":
            for direction in ("ingress", "egress"):
                listed = properties.get(f"SecurityGroup{direction.title()}")
                found.setdefault((name, direction), []).extend(_listed(listed, direction))
        elif kind in _RESOURCES:
            group = _group(properties.get("GroupId"))
            found.setdefault((group, _RESOURCES[kind]), []).append(_rule(properties))
    return found


def wider(old: Iterable[Rule], new: Iterable[Rule]) -> list[Rule]:
    """The new rules that none of the old ones, nor several neighbouring networks of theirs together, let through."""
    before = [*dict.fromkeys(old)][:_MAX_RULES]
    before += _joined(before)
    return [rule for rule in [*dict.fromkeys(new)][:_MAX_RULES] if not any(rule.within(each) for each in before)]


def _joined(given: list[Rule]) -> list[Rule]:
    groups: dict[tuple[str, int, int, int], list[Network]] = {}
    for rule in given:
        if rule.network is not None:
            groups.setdefault((rule.protocol, rule.first, rule.last, rule.network.version), []).append(rule.network)
    return [
        Rule(key[0], key[1], key[2], str(network), network)
        for key, networks in groups.items()
        for network in collapse_addresses(networks)  # type: ignore[type-var]
    ]


def _listed(value: Any, direction: str) -> list[Rule]:
    if value in (None, []) and direction == "egress":
        return [_rule({"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}), _rule({"IpProtocol": "-1", "CidrIpv6": "::/0"})]
    each = value if isinstance(value, list) else [] if value is None else [value]
    return [_rule(raw) for raw in each if isinstance(raw, Mapping)]


def _rule(raw: Mapping[str, Any]) -> Rule:
    protocol = {"6": "tcp", "17": "udp", "1": "icmp"}.get(each := (text_of(raw.get("IpProtocol")) or "?").lower(), each)
    first, last = _port(raw.get("FromPort"), -1), _port(raw.get("ToPort"), _PORTS)
    if protocol == "-1" or -1 in (_port(raw.get("FromPort"), -1), _port(raw.get("ToPort"), -1)):
        first, last = -1, _PORTS
    key = next((name for name in (*_PEERS, *_MORE_PEERS) if name in raw), "")
    peer = show(raw[key]) if key else "?"
    return Rule(protocol, first, last, peer, _network(peer))


def _port(value: Any, absent: int) -> int:
    text = text_of(value) or ""
    return int(text) if text.lstrip("-").isascii() and text.lstrip("-").isdecimal() and len(text) < 8 else absent


def _network(text: str) -> Network | None:
    try:
        return ip_network(text, strict=False) if "/" in text else None
    except ValueError:
        return None


def _group(value: Any) -> str:
    """The logical id of a group of this template, else what names it."""
    text = show(value)
    return text.removesuffix(".GroupId")
