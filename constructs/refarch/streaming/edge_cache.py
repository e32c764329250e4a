"""The EdgeCache construct."""

from __future__ import annotations

from typing import Any

from aws_cdk import RemovalPolicy
from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from refarch._shared.acknowledge import acknowledge
from refarch._shared.durations import seconds
from refarch._shared.reads import inside, read
from refarch.compute import SpotCapacity, SpotCapacityProps
from refarch.streaming import edge_cache_delivery as delivery
from refarch.streaming import edge_cache_scaling as scaling
from refarch.streaming import instance_program as program
from refarch.streaming import log_shipping
from refarch.streaming.edge_cache_props import EdgeCacheProps
from refarch.streaming.vod_program import debian
from refarch.web.lamp_edge import prefix_list, secret_text

SIGNING_FILE = f"{program.FOLDER}/signing-key"


class EdgeCache(Construct):
    """Caches on Spot that shield the origins, and CloudFront before them.

    ::

        viewers --HTTPS--> CloudFront --> load balancer --> edges on Spot (2 to 6) --> primary origin
                                               │                      └─ on failure ──> backup origin
                               └─ no edge answers ──> primary origin (`LiveOriginProps.direct`)

    An edge asks an origin once for each segment, fails over within a second, and follows an origin that moved. It is
    taken out on a Spot notice by an `InterruptionResponder` over `group`, within `drain_budget`. Only CloudFront's
    addresses reach the load balancer, and only with a secret header.

    Left out: HTTPS between CloudFront and the load balancer (it takes a certificate of a name of yours).
    Attributes: every resource. Source: "Building an Immersive VR Streaming Solution on AWS", AWS Compute Blog.
    """

    fleet: SpotCapacity
    group: autoscaling.AutoScalingGroup
    scaling_alarms: list[cloudwatch.Alarm]
    alarms: list[cloudwatch.Alarm]
    """Those that a person should see."""

    def __init__(self, scope: Construct, id: str, *, props: EdgeCacheProps) -> None:
        super().__init__(scope, id)
        inside(self, scope)
        self.props = props
        self.drain_budget = props.drain_budget
        self.program = program.program(self, "Program")
        self.log_group = log_shipping.group(
            self, "Logs", given=props.log_group, retention=props.log_retention, removal=RemovalPolicy.RETAIN
        )
        self.role = program.instance_role(self, "Role")
        ships = log_shipping.ship(self, self.log_group, "edge")
        secrets = [props.signing_secret] if props.signing_secret else []
        program.allow(self.role, [ships], self.program, secrets, session_manager=props.session_manager)
        self.fleet = SpotCapacity(self, "Fleet", props=self._capacity())
        self.group = self.fleet.group
        self.group.node.add_dependency(self.role)
        props.origin.allow_edges(self.fleet.connections)
        self.origin_secret = self._secret()
        self._build_load_balancer()
        self.cache_policy = delivery.cache_policy(self, "CachePolicy", low_latency=props.low_latency)
        self.distribution = delivery.distribution(
            self,
            "Distribution",
            load_balancer=self.load_balancer,
            token=self.origin_secret,
            policy=self.cache_policy,
            props=props,
        )
        self.scaling_alarms = scaling.follow(self, self.group, self.target_group, props)
        self.alarms = scaling.alarms(self, self.load_balancer, self.target_group, props.alarm_topic)

    @property
    def url(self) -> str:
        """Of the distribution, without a slash at the end."""
        names = self.props.domain_names
        return f"https://{names[0] if names else read(self.distribution, 'distribution_domain_name')}"

    def _capacity(self) -> SpotCapacityProps:
        props = self.props
        return SpotCapacityProps(
            vpc=props.vpc,
            public_ip=True,
            architecture=props.architecture,
            instance_types=props.instance_types,
            machine_image=props.machine_image or debian(props.architecture),
            user_data=program.user_data(
                program.commands(
                    self,
                    self.program,
                    self._plan(),
                    session_manager=props.session_manager,
                    own_image=props.machine_image,
                )
            ),
            role=self.role,
            min_capacity=props.min_capacity,
            max_capacity=props.max_capacity,
            on_demand_base=props.on_demand_base,
            spot_max_price=props.spot_max_price,
            load_balancer_health=True,
            root_volume_gb=16,
            schedules=props.schedules,
        )

    def _plan(self) -> dict[str, Any]:
        """The fleet's refresh judges by the load balancer's health, so nobody is signalled."""
        props = self.props
        settings: dict[str, Any] = {
            **props.origin.edge_settings,
            "cache_megabytes": props.cache_megabytes,
            "low_latency": props.low_latency,
        }
        made = {**program.plan(self, "edge", settings), **log_shipping.plan(self.log_group, "edge")}
        further: dict[str, Any] = {
            "units": [*made["units"], program.FOLLOW_UNIT],
            "services": [*made["services"], "refarch-streaming-follow.service"],
            "health": "http://127.0.0.1:80/healthz",
        }
        if props.signing_secret:
            settings["signing_key_file"] = SIGNING_FILE
            secret = {"file": SIGNING_FILE, "secret": read(props.signing_secret, "secret_arn"), "form": "text"}
            further |= {"secrets": [secret], "settings": settings}
        return {**made, **further}

    def _secret(self) -> secretsmanager.Secret:
        made = secretsmanager.Secret(
            self,
            "OriginSecret",
            description="What CloudFront shows to the load balancer",
            generate_secret_string=secretsmanager.SecretStringGenerator(exclude_punctuation=True),
            removal_policy=RemovalPolicy.DESTROY,
        )
        acknowledge(
            made, "AwsSolutions-SMG4", "CloudFront and the load balancer both keep a copy, which a deployment renews"
        )
        return made

    def _build_load_balancer(self) -> None:
        props = self.props
        self.security_group = ec2.SecurityGroup(
            self,
            "LoadBalancerSecurityGroup",
            vpc=props.vpc,
            description="From CloudFront, to the edges",
            allow_all_outbound=False,
        )
        peer = prefix_list(self, props.cloudfront_prefix_list)
        self.security_group.add_ingress_rule(peer, read(ec2.Port, "HTTP"), "CloudFront")
        self.load_balancer = elbv2.ApplicationLoadBalancer(
            self,
            "LoadBalancer",
            vpc=props.vpc,
            vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PUBLIC),
            internet_facing=True,
            security_group=self.security_group,
            drop_invalid_header_fields=True,
        )
        self.target_group = elbv2.ApplicationTargetGroup(self, "Targets", **self._target_group())
        self.listener = self.load_balancer.add_listener(
            "Listener",
            port=80,
            protocol=elbv2.ApplicationProtocol.HTTP,
            open=False,
            default_action=elbv2.ListenerAction.fixed_response(403, message_body="through CloudFront only\n"),
        )
        self.listener.add_action(
            "FromCloudFront",
            priority=1,
            conditions=[elbv2.ListenerCondition.http_header(delivery.HEADER, [secret_text(self.origin_secret)])],
            action=elbv2.ListenerAction.forward([self.target_group]),
        )
        self.fleet.connections.allow_from(self.load_balancer, read(ec2.Port, "HTTP"), "Load balancer")
        self._answer_findings()

    def _target_group(self) -> dict[str, Any]:
        """Checks as often as the original's; two good ones are enough for a new edge to serve within ten seconds."""
        check = elbv2.HealthCheck(
            path="/healthz",
            interval=seconds(5),
            timeout=seconds(2),
            healthy_threshold_count=2,
            unhealthy_threshold_count=2,
        )
        return {
            "vpc": self.props.vpc,
            "port": 80,
            "protocol": elbv2.ApplicationProtocol.HTTP,
            "targets": [self.group],
            "deregistration_delay": self.props.deregistration_delay,
            "health_check": check,
            # The one that has least to do: streams are long, and all edges have the same.
            "load_balancing_algorithm_type": elbv2.TargetGroupLoadBalancingAlgorithmType.LEAST_OUTSTANDING_REQUESTS,
        }

    def _answer_findings(self) -> None:
        acknowledge(
            self.load_balancer,
            "AwsSolutions-ELB2",
            "Edges log each request with its cache state; a second log of the same is `load_balancer.log_access_logs`",
        )
