"""What teams deploy every day, through the CDK's own constructs: networks, services, data, functions."""

from __future__ import annotations

from typing import Any

from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_batch as batch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_efs as efs
from aws_cdk import aws_elasticache as elasticache
from aws_cdk import aws_elasticloadbalancingv2 as elb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_rds as rds
from constructs import Construct

LINUX = ec2.AmazonLinuxCpuType.ARM_64


class Everyday(Stack):
    """A network with balanced, scaled and batch compute on it, and the stores that go with it."""

    def __init__(self, scope: Construct, id: str, *, changed: bool = False, wrong: bool = False, **more: Any) -> None:
        super().__init__(scope, id, **more)
        self.vpc = self._network()
        self._instances(changed)
        self._containers(changed, wrong)
        self._jobs(changed)
        self._stores()

    def _network(self) -> ec2.Vpc:
        vpc = ec2.Vpc(self, "Vpc", max_azs=2, nat_gateways=1, restrict_default_security_group=False)
        vpc.add_flow_log("FlowLog")
        vpc.add_gateway_endpoint("S3", service=ec2.GatewayVpcEndpointAwsService.S3)
        ec2.NetworkAcl(self, "Acl", vpc=vpc).add_entry(
            "In",
            cidr=ec2.AclCidr.any_ipv4(),
            rule_number=100,
            traffic=ec2.AclTraffic.tcp_port(443),
        )
        one = ec2.SecurityGroup(self, "One", vpc=vpc)
        two = ec2.SecurityGroup(self, "Two", vpc=vpc, allow_all_outbound=False)
        one.connections.allow_from(two, ec2.Port.tcp(443))
        two.connections.allow_to(one, ec2.Port.tcp(443))
        return vpc

    def _instances(self, changed: bool) -> None:
        image = ec2.MachineImage.latest_amazon_linux2023(cpu_type=LINUX)
        key = ec2.KeyPair(self, "Key")
        door = ec2.Instance(
            self,
            "Door",
            vpc=self.vpc,
            instance_type=ec2.InstanceType("t4g.micro"),
            machine_image=image,
            key_pair=key,
        )
        volume = ec2.CfnVolume(self, "Volume", availability_zone=door.instance_availability_zone, size=8)
        ec2.CfnVolumeAttachment(self, "Attached", instance_id=door.instance_id, volume_id=volume.ref, device="/dev/sdf")
        template = ec2.LaunchTemplate(
            self,
            "Template",
            machine_image=ec2.MachineImage.from_ssm_parameter(
                "/aws/service/canonical/ubuntu/server/24.04/stable/current/arm64/hvm/ebs-gp3/ami-id"
            ),
            instance_type=ec2.InstanceType("t4g.small"),
            role=iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("ec2.amazonaws.com")),
        )
        group = autoscaling.AutoScalingGroup(
            self, "Group", vpc=self.vpc, launch_template=template, min_capacity=0, max_capacity=4 if changed else 2
        )
        group.scale_on_cpu_utilization("Cpu", target_utilization_percent=50)
        group.scale_on_schedule("Morning", schedule=autoscaling.Schedule.cron(hour="8"), min_capacity=1)
        ec2.PlacementGroup(self, "Placement", strategy=ec2.PlacementGroupStrategy.SPREAD)
        ec2.PrefixList(self, "Prefixes", max_entries=5)

    def _containers(self, changed: bool, wrong: bool) -> None:
        cluster = ecs.Cluster(self, "Cluster", vpc=self.vpc)
        capacity = autoscaling.AutoScalingGroup(
            self,
            "Capacity",
            vpc=self.vpc,
            min_capacity=0,
            max_capacity=1,
            launch_template=ec2.LaunchTemplate(
                self,
                "ContainerTemplate",
                machine_image=ecs.EcsOptimizedImage.amazon_linux2023(ecs.AmiHardwareType.ARM),
                instance_type=ec2.InstanceType("t4g.small"),
                user_data=ec2.UserData.for_linux(),
                role=iam.Role(self, "ContainerRole", assumed_by=iam.ServicePrincipal("ec2.amazonaws.com")),
            ),
        )
        provider = ecs.AsgCapacityProvider(
            self, "Provider", auto_scaling_group=capacity, enable_managed_termination_protection=False
        )
        cluster.add_asg_capacity_provider(provider)
        task = ecs.FargateTaskDefinition(self, "Task")
        task.add_container(
            "web",
            image=ecs.ContainerImage.from_registry("nginx"),
            port_mappings=[ecs.PortMapping(container_port=80)],
            logging=ecs.LogDrivers.aws_logs(stream_prefix="web"),
        )
        service = ecs.FargateService(self, "Service", cluster=cluster, task_definition=task, desired_count=0)
        scaling = service.auto_scale_task_count(max_capacity=8 if changed else 4)
        scaling.scale_on_cpu_utilization("Cpu", target_utilization_percent=60)
        if wrong:
            service.node.default_child.add_property_override("DesiredCount", "many")  # type: ignore[union-attr]
        balancer = elb.ApplicationLoadBalancer(self, "Balancer", vpc=self.vpc)
        listener = balancer.add_listener("Http", port=80, open=False)
        listener.add_targets("Web", port=80, targets=[service])
        listener.add_action(
            "Gone",
            priority=5,
            conditions=[elb.ListenerCondition.path_patterns(["/gone"])],
            action=elb.ListenerAction.fixed_response(410),
        )

    def _jobs(self, changed: bool) -> None:
        environment = batch.ManagedEc2EcsComputeEnvironment(
            self, "Compute", vpc=self.vpc, spot=True, maxv_cpus=16 if changed else 8
        )
        batch.JobQueue(
            self,
            "Jobs",
            compute_environments=[batch.OrderedComputeEnvironment(compute_environment=environment, order=1)],
            priority=20 if changed else 10,
        )
        batch.EcsJobDefinition(
            self,
            "Job",
            container=batch.EcsEc2ContainerDefinition(
                self, "JobContainer", image=ecs.ContainerImage.from_registry("busybox"), cpu=1, memory=_mebibytes(128)
            ),
        )

    def _stores(self) -> None:
        rds.DatabaseCluster(
            self,
            "Database",
            engine=rds.DatabaseClusterEngine.aurora_postgres(version=rds.AuroraPostgresEngineVersion.VER_16_6),
            writer=rds.ClusterInstance.provisioned("Writer"),
            vpc=self.vpc,
            removal_policy=RemovalPolicy.DESTROY,
        )
        files = efs.FileSystem(self, "Files", vpc=self.vpc, removal_policy=RemovalPolicy.DESTROY)
        files.add_access_point("Access", path="/data")
        elasticache.CfnSubnetGroup(
            self,
            "CacheSubnets",
            description="cache",
            subnet_ids=[subnet.subnet_id for subnet in self.vpc.private_subnets],
        )


def _mebibytes(amount: int) -> Any:
    from aws_cdk import Size

    return Size.mebibytes(amount)
