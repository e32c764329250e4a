"""The HelloService construct."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_logs as logs
from constructs import Construct

from refarch._shared.acknowledge import answer
from refarch._shared.durations import minutes, seconds
from refarch._shared.reads import read
from refarch._shared.removal import removal_policy
from refarch.compute.drain_budget import DrainBudget
from refarch.containers.hello_service_props import HelloServiceProps

PORT = 8080
_PROGRAM = Path(__file__).with_name("hello_program.py")
_INSTANCE_ID = "/var/lib/cloud/data/instance-id"  # where cloud-init keeps it on every instance
_SEEN_AT = "/run/instance-id"
_ERRORS_A_MINUTE = 5

_ANSWERS = {
    "AwsSolutions-ECS2": "The two variables are a path and a port: nothing secret, and nothing that differs between "
    "environments",
    "AwsSolutions-ELB2": "A sample that says hello: access logs would need a bucket of their own and tell nothing that "
    "the metrics do not; `load_balancer.log_access_logs` turns them on",
}
_PLAIN = (
    "Plain HTTP as the original's, for a page without anything to hide: HTTPS takes a certificate, which nobody can "
    "make without a domain of theirs; `certificate` takes it"
)
_EVERYBODY = "Asked for with allow_from, whose default is the original's: the sample is a public web page"


class HelloService(Construct):
    """A sample service behind a load balancer that says which instance answered: `hello from i-0123456789abcdef0`.

    ::

        internet --> Application Load Balancer --> target group (instances, dynamic ports) --> tasks, spread

    ECS fills the target group and takes targets out in step with their tasks, so a `InterruptionResponder` leaves it
    alone and puts the instance in DRAINING. At most half of the tasks may be away while others start: with all of
    them required, tasks of an instance that drains would stay until replacements are healthy, which may be too late.

    It leaves out: scaling of the service and access logs of the load balancer.

    Source: the sample of "Taking Advantage of Amazon EC2 Spot Instance Interruption Notices", AWS Compute Blog.
    """

    load_balancer: elbv2.ApplicationLoadBalancer
    security_group: ec2.SecurityGroup
    listener: elbv2.ApplicationListener
    target_group: elbv2.ApplicationTargetGroup
    task_definition: ecs.Ec2TaskDefinition
    container: ecs.ContainerDefinition
    service: ecs.Ec2Service
    log_group: logs.LogGroup
    alarms: Sequence[cloudwatch.Alarm]
    """More than five answers in a minute were errors: of the load balancer, or of the tasks."""

    def __init__(self, scope: Construct, id: str, *, props: HelloServiceProps) -> None:
        super().__init__(scope, id)
        self.props = props
        removal = removal_policy(self, props.removal_policy)
        self.log_group = logs.LogGroup(self, "Logs", retention=props.log_retention, removal_policy=removal)
        self._build_task()
        self._build_service()
        self._build_load_balancer()
        self.alarms = [self._alarm(id, errors) for id, errors in self._errors.items()]

    @property
    def drain_budget(self) -> DrainBudget:
        """What draining a task takes."""
        return self.props.drain_budget

    @property
    def url(self) -> str:
        scheme = "https" if self.props.certificate else "http"
        return f"{scheme}://{read(self.load_balancer, 'load_balancer_dns_name')}"

    def widgets(self) -> list[cloudwatch.IWidget]:
        """A row for a dashboard: what users see."""
        balancer, group = read(self.load_balancer, "metrics"), read(self.target_group, "metrics")
        graphs: dict[str, list[cloudwatch.IMetric]] = {
            "Requests": [balancer.request_count(period=minutes(1))],
            "Answers lost": [*self._errors.values()],
            "Healthy tasks": [group.healthy_host_count(period=minutes(1), statistic="Minimum")],
        }
        return [cloudwatch.GraphWidget(title=title, left=left, width=8, height=6) for title, left in graphs.items()]

    def _build_task(self) -> None:
        self.task_definition = ecs.Ec2TaskDefinition(
            self,
            "Task",
            network_mode=ecs.NetworkMode.BRIDGE,
            volumes=[ecs.Volume(name="instance-id", host=ecs.Host(source_path=_INSTANCE_ID))],
        )
        self.container = self.task_definition.add_container(
            "Hello",
            image=ecs.ContainerImage.from_registry(self.props.image),
            command=["python3", "-c", _PROGRAM.read_text()],
            environment={"INSTANCE_ID_FILE": _SEEN_AT, "PORT": str(PORT)},
            memory_limit_mib=128,
            cpu=128,
            stop_timeout=self.props.stop_timeout,
            port_mappings=[ecs.PortMapping(container_port=PORT)],
            logging=ecs.LogDriver.aws_logs(stream_prefix="hello", log_group=self.log_group),
        )
        self.container.add_mount_points(
            ecs.MountPoint(source_volume="instance-id", container_path=_SEEN_AT, read_only=True)
        )

    def _build_service(self) -> None:
        cluster = self.props.cluster
        self.service = ecs.Ec2Service(
            self,
            "Service",
            cluster=cluster.cluster,
            task_definition=self.task_definition,
            desired_count=self.props.desired_count,
            min_healthy_percent=50,
            max_healthy_percent=200,
            capacity_provider_strategies=cluster.strategy,
            circuit_breaker=ecs.DeploymentCircuitBreaker(rollback=True),
            health_check_grace_period=seconds(30),
            placement_strategies=[
                ecs.PlacementStrategy.spread_across("attribute:ecs.availability-zone"),
                ecs.PlacementStrategy.spread_across_instances(),
            ],
        )

    def _build_load_balancer(self) -> None:
        vpc, certificate = read(self.props.cluster.cluster, "vpc"), self.props.certificate
        port = 443 if certificate else 80
        self.security_group = ec2.SecurityGroup(
            self, "SecurityGroup", vpc=vpc, description="Who may ask the sample service", allow_all_outbound=False
        )
        for network in self.props.allow_from:
            self.security_group.add_ingress_rule(ec2.Peer.ipv4(network), ec2.Port.tcp(port), "Requests")
        self.load_balancer = elbv2.ApplicationLoadBalancer(
            self,
            "LoadBalancer",
            vpc=vpc,
            internet_facing=True,
            security_group=self.security_group,
            drop_invalid_header_fields=True,
        )
        self.target_group = elbv2.ApplicationTargetGroup(self, "Targets", **self._target_group(vpc))
        self.listener = self.load_balancer.add_listener(
            "Listener",
            port=port,
            protocol=elbv2.ApplicationProtocol.HTTPS if certificate else elbv2.ApplicationProtocol.HTTP,
            certificates=[certificate] if certificate else None,
            ssl_policy=elbv2.SslPolicy.RECOMMENDED_TLS if certificate else None,
            open=False,
            default_target_groups=[self.target_group],
        )
        self._answer_findings()

    def _target_group(self, vpc: ec2.IVpc) -> dict[str, Any]:
        """Checks as often as the original's; two good ones are enough, so replacements serve within ten seconds."""
        check = elbv2.HealthCheck(
            path="/",
            port="traffic-port",
            interval=seconds(5),
            timeout=seconds(2),
            healthy_threshold_count=2,
            unhealthy_threshold_count=2,
        )
        return {
            "vpc": vpc,
            "port": 80,
            "protocol": elbv2.ApplicationProtocol.HTTP,
            "targets": [self.service.load_balancer_target(container_name="Hello", container_port=PORT)],
            "deregistration_delay": self.props.deregistration_delay,
            "health_check": check,
        }

    def _answer_findings(self) -> None:
        """For the task, the load balancer, its listener and its security group: there is one of each."""
        answers = dict(_ANSWERS)
        if self.props.certificate is None:
            answers["Gates::ALB-HTTPS"] = _PLAIN
        if "0.0.0.0/0" in self.props.allow_from:
            answers["AwsSolutions-EC23"] = _EVERYBODY
        answer(self, answers.items())

    @cached_property
    def _errors(self) -> dict[str, cloudwatch.IMetric]:
        """Answers of the load balancer alone, when no task could give one; and the tasks' own."""
        balancer, group = read(self.load_balancer, "metrics"), read(self.target_group, "metrics")
        balancer = balancer.http_code_elb(elbv2.HttpCodeElb.ELB_5XX_COUNT, period=minutes(1))
        tasks = group.http_code_target(elbv2.HttpCodeTarget.TARGET_5XX_COUNT, period=minutes(1))
        return {"AnswersLost": balancer, "TasksFail": tasks}

    def _alarm(self, id: str, errors: cloudwatch.IMetric) -> cloudwatch.Alarm:
        return cloudwatch.Alarm(
            self,
            id,
            metric=errors,
            threshold=_ERRORS_A_MINUTE,
            evaluation_periods=1,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
            alarm_description="The sample service answers with errors: an experiment that interrupts instances stops",
        )
