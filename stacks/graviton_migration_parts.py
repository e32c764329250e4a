"""Parts of the GravitonMigration stack: load balancers, target groups, weighted records, and the alarms that watch."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_route53 as route53
from aws_cdk import aws_route53_targets as route53_targets
from constructs import Construct

from refarch._shared.acknowledge import answer
from refarch._shared.durations import minutes, seconds
from refarch._shared.reads import read
from refarch.web import ContainerHost

_MINUTE = minutes(1)

_ANSWERS = {
    "AwsSolutions-ELB2": "A sample page: access logs would need a bucket of their own and tell nothing that the "
    "metrics do not",
    "Gates::ALB-HTTPS": "A page without anything to hide: HTTPS takes a certificate, which nobody can make without a "
    "domain",
}
_EVERYBODY = {
    "AwsSolutions-EC23": "Asked for with http_from: the sample is a public web page, and the port is that of its "
    "listener"
}


class Balancer(Construct):
    """A load balancer that is open to some networks, and reaches some hosts."""

    load_balancer: elbv2.ApplicationLoadBalancer
    security_group: ec2.SecurityGroup

    def __init__(
        self, scope: Construct, id: str, *, vpc: ec2.IVpc, networks: Sequence[str], hosts: Sequence[ContainerHost]
    ) -> None:
        super().__init__(scope, id)
        self.security_group = ec2.SecurityGroup(
            self, "SecurityGroup", vpc=vpc, description="Who may ask", allow_all_outbound=False
        )
        for network in networks:
            self.security_group.add_ingress_rule(ec2.Peer.ipv4(network), ec2.Port.tcp(80), "Requests")
        for host in hosts:
            host.capacity.connections.allow_from(self.security_group, ec2.Port.tcp(host.props.port), "Load balancer")
        self.load_balancer = elbv2.ApplicationLoadBalancer(
            self,
            "Default",
            vpc=vpc,
            internet_facing=True,
            security_group=self.security_group,
            drop_invalid_header_fields=True,
        )
        self._open = "0.0.0.0/0" in networks

    def listen(self, action: elbv2.ListenerAction) -> elbv2.ApplicationListener:
        """Its one listener."""
        answer(self, [*_ANSWERS.items(), *(_EVERYBODY.items() if self._open else [])])
        return self.load_balancer.add_listener(
            "Listener", port=80, protocol=elbv2.ApplicationProtocol.HTTP, open=False, default_action=action
        )


def balancer(
    scope: Construct, id: str, vpc: ec2.IVpc, networks: Sequence[str], hosts: Sequence[ContainerHost]
) -> Balancer:
    return Balancer(scope, id, vpc=vpc, networks=networks, hosts=hosts)


def target_group(scope: Construct, id: str, host: ContainerHost) -> elbv2.ApplicationTargetGroup:
    """The instances of one side. Requests that are open when an instance goes get half a minute."""
    group = elbv2.ApplicationTargetGroup(
        scope,
        id,
        vpc=host.props.vpc,
        port=host.props.port,
        protocol=elbv2.ApplicationProtocol.HTTP,
        target_type=elbv2.TargetType.INSTANCE,
        deregistration_delay=seconds(30),
        health_check=elbv2.HealthCheck(path="/", interval=seconds(10), timeout=seconds(5), healthy_threshold_count=2),
    )
    host.capacity.group.attach_to_application_target_group(group)
    return group


def weighted_record(
    scope: Construct,
    id: str,
    zone: route53.IHostedZone,
    name: str,
    load_balancer: elbv2.ApplicationLoadBalancer,
    identifier: str,
    weight: int,
) -> route53.ARecord:
    """An alias to a load balancer, one of two of the same name. Its last dot keeps the CDK from adding the zone's."""
    target = route53.RecordTarget.from_alias(route53_targets.LoadBalancerTarget(load_balancer))
    return route53.ARecord(
        scope, id, zone=zone, record_name=f"{name}.", target=target, set_identifier=identifier, weight=weight
    )


def errors_alarm(scope: Construct, group: elbv2.ApplicationTargetGroup, count: int) -> cloudwatch.Alarm:
    """Errors of the new side. The metric has no points where there are none."""
    return cloudwatch.Alarm(
        scope,
        "NewSideErrors",
        metric=read(group, "metrics").http_code_target(
            elbv2.HttpCodeTarget.TARGET_5XX_COUNT, period=_MINUTE, statistic="Sum"
        ),
        threshold=count,
        evaluation_periods=1,
        comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        alarm_description="The new side answers with errors",
    )


def health_alarm(scope: Construct, group: elbv2.ApplicationTargetGroup) -> cloudwatch.Alarm:
    """No healthy instance on the new side. Without points it keeps its state, and has none before the first."""
    return cloudwatch.Alarm(
        scope,
        "NewSideDown",
        metric=read(group, "metrics").healthy_host_count(period=_MINUTE, statistic="Minimum"),
        threshold=1,
        evaluation_periods=1,
        comparison_operator=cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
        treat_missing_data=cloudwatch.TreatMissingData.IGNORE,
        alarm_description="The new side has no healthy instance",
    )
