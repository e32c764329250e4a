"""Where a `TrafficShift` moves traffic: the weighted target groups of a listener, or weighted records of a zone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_route53 as route53

from refarch._shared.reads import read


class ShiftBackend(Protocol):
    """What a backend tells the function, and what the function may do there."""

    def settings(self) -> dict[str, Any]: ...

    def statements(self) -> list[iam.PolicyStatement]: ...


@dataclass(frozen=True, kw_only=True)
class ListenerBackend:
    """A listener whose default action forwards to `old` and `new` by weight (`ListenerAction.weighted_forward`).

    It moves request by request, at once. Rules of the listener are left alone.
    """

    listener: elbv2.IApplicationListener
    old: elbv2.IApplicationTargetGroup
    new: elbv2.IApplicationTargetGroup

    def settings(self) -> dict[str, Any]:
        return {
            "kind": "listener",
            "listener": read(self.listener, "listener_arn"),
            "old": read(self.old, "target_group_arn"),
            "new": read(self.new, "target_group_arn"),
        }

    def statements(self) -> list[iam.PolicyStatement]:
        return [
            iam.PolicyStatement(
                sid="ReadListener", actions=["elasticloadbalancing:DescribeListeners"], resources=["*"]
            ),
            iam.PolicyStatement(
                sid="SetWeights",
                actions=["elasticloadbalancing:ModifyListener"],
                resources=[read(self.listener, "listener_arn")],
            ),
        ]


@dataclass(frozen=True, kw_only=True)
class RecordsBackend:
    """Two weighted records of one name and type in a zone, with the set identifiers `old` and `new`.

    Coarse: resolvers keep an answer for its time to live, and one resolver may serve many people.
    """

    zone: route53.IHostedZone
    record_name: str
    """In full: `www.example.org`."""

    record_type: str = "A"
    old: str = "blue"
    new: str = "green"

    def settings(self) -> dict[str, Any]:
        return {
            "kind": "records",
            "zone": read(self.zone, "hosted_zone_id"),
            "name": self.record_name,
            "record_type": self.record_type,
            "old": self.old,
            "new": self.new,
        }

    def statements(self) -> list[iam.PolicyStatement]:
        """Of the zone, only the records of this name and type; changed, never deleted."""
        keys = {
            "NormalizedRecordNames": [self.record_name.rstrip(".").lower()],
            "RecordTypes": [self.record_type],
            "Actions": ["UPSERT"],
        }
        conditions = {f"route53:ChangeResourceRecordSets{name}": values for name, values in keys.items()}
        return [
            iam.PolicyStatement(
                sid="ReadRecords",
                actions=["route53:ListResourceRecordSets"],
                resources=[read(self.zone, "hosted_zone_arn")],
            ),
            iam.PolicyStatement(
                sid="SetWeights",
                actions=["route53:ChangeResourceRecordSets"],
                resources=[read(self.zone, "hosted_zone_arn")],
                conditions={"ForAllValues:StringEquals": conditions},
            ),
        ]
