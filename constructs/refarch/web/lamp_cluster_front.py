"""What visitors of a `LampCluster` meet: CloudFront, and behind it a load balancer that serves CloudFront alone."""

from __future__ import annotations

from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from refarch._shared.acknowledge import acknowledge
from refarch._shared.durations import seconds
from refarch._shared.reads import read
from refarch.web import lamp_edge
from refarch.web.lamp_cluster_props import LampClusterProps
from refarch.web.lamp_setup.web_server import HEADER

_PORT = 80


class ClusterFront(Construct):
    """Requests with CloudFront's secret header reach the servers; all others are refused by the listener."""

    security_group: ec2.SecurityGroup
    load_balancer: elbv2.ApplicationLoadBalancer
    target_group: elbv2.ApplicationTargetGroup
    listener: elbv2.ApplicationListener
    rule: elbv2.ApplicationListenerRule
    distribution: cloudfront.Distribution

    def __init__(self, scope: Construct, id: str, *, props: LampClusterProps, token: secretsmanager.ISecret) -> None:
        super().__init__(scope, id)
        self.props, self._token = props, token
        self._build_balancer()
        self._build_listener()
        self.distribution = lamp_edge.distribution(
            self,
            "Distribution",
            origin_name=read(self.load_balancer, "load_balancer_dns_name"),
            token=token,
            domain_names=props.domain_names,
            certificate=props.certificate,
        )

    def _build_balancer(self) -> None:
        vpc = self.props.vpc
        self.security_group = ec2.SecurityGroup(
            self, "SecurityGroup", vpc=vpc, description="CloudFront only", allow_all_outbound=False
        )
        peer = lamp_edge.prefix_list(self, self.props.cloudfront_prefix_list)
        self.security_group.add_ingress_rule(peer, ec2.Port.tcp(_PORT), "CloudFront")
        self.load_balancer = elbv2.ApplicationLoadBalancer(
            self,
            "LoadBalancer",
            vpc=vpc,
            internet_facing=True,
            security_group=self.security_group,
            drop_invalid_header_fields=True,
        )
        acknowledge(
            self.load_balancer,
            "AwsSolutions-ELB2",
            "The servers log each access; `load_balancer.log_access_logs` with a bucket turns the balancer's own on",
        )
        # wp-login.php reads the database and does not depend on the name that it is asked by, as the front page does.
        self.target_group = elbv2.ApplicationTargetGroup(
            self,
            "Targets",
            vpc=vpc,
            port=_PORT,
            protocol=elbv2.ApplicationProtocol.HTTP,
            target_type=elbv2.TargetType.INSTANCE,
            deregistration_delay=seconds(60),
            health_check=elbv2.HealthCheck(path="/wp-login.php", interval=seconds(15), timeout=seconds(10)),
        )

    def _build_listener(self) -> None:
        self.listener = self.load_balancer.add_listener(
            "Listener",
            port=_PORT,
            protocol=elbv2.ApplicationProtocol.HTTP,
            open=False,
            default_action=elbv2.ListenerAction.fixed_response(403),
        )
        self.rule = elbv2.ApplicationListenerRule(
            self,
            "FromCloudFront",
            listener=self.listener,
            priority=1,
            conditions=[elbv2.ListenerCondition.http_header(HEADER, [lamp_edge.secret_text(self._token)])],
            action=elbv2.ListenerAction.forward([self.target_group]),
        )
