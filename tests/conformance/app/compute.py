"""Groups of instances, containers, jobs, and what balances the load."""

from __future__ import annotations

import json
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_autoscaling_hooktargets as hooktargets
from aws_cdk import aws_batch as batch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elb
from aws_cdk import aws_elasticloadbalancingv2_targets as elb_targets
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_stepfunctions as sfn

from tests.conformance.app.group import Group

LET_GO = """\
import json, boto3
def handler(event, context):
    for record in event["Records"]:
        told = json.loads(record["Sns"]["Message"])
        print("SEEN " + json.dumps(told))
        if "LifecycleTransition" not in told or told.get("Event") == "autoscaling:TEST_NOTIFICATION":
            continue
        boto3.client("autoscaling").complete_lifecycle_action(
            LifecycleHookName=told["LifecycleHookName"], AutoScalingGroupName=told["AutoScalingGroupName"],
            LifecycleActionToken=told["LifecycleActionToken"], LifecycleActionResult="CONTINUE")
"""
BALANCED = """\
def handler(event, context):
    return {"statusCode": 200, "statusDescription": "200 OK", "isBase64Encoded": False,
            "headers": {"content-type": "text/plain"}, "body": "by a function at " + event["path"]}
"""


class Compute(Group):
    def __init__(self, scope: Any, name: str) -> None:
        super().__init__(scope, name)
        self.network = ec2.Vpc(self, "Vpc", max_azs=2, nat_gateways=0, restrict_default_security_group=False)
        self.subnets = ec2.SubnetSelection(subnet_type=ec2.SubnetType.PUBLIC)
        self.security = ec2.SecurityGroup(self, "Security", vpc=self.network)
        self.role = iam.Role(self, "InstanceRole", assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"))
        self.fleet()
        self.containers()
        self.jobs()
        self.balancer()

    def template(self, name: str) -> ec2.LaunchTemplate:
        return ec2.LaunchTemplate(
            self,
            f"{name}Template",
            machine_image=ecs.EcsOptimizedImage.amazon_linux2023(),
            instance_type=ec2.InstanceType("m6i.large"),
            role=self.role,
            security_group=self.security,
            user_data=ec2.UserData.for_linux(),
        )

    def group(self, name: str, *, size: int, spot: bool) -> autoscaling.AutoScalingGroup:
        mixed = autoscaling.MixedInstancesPolicy(
            launch_template=self.template(name),
            instances_distribution=autoscaling.InstancesDistribution(
                on_demand_percentage_above_base_capacity=0 if spot else 100
            ),
            launch_template_overrides=[
                autoscaling.LaunchTemplateOverrides(instance_type=ec2.InstanceType(kind))
                for kind in ("m6i.large", "m5.large")
            ],
        )
        made = autoscaling.AutoScalingGroup(
            self,
            name,
            vpc=self.network,
            vpc_subnets=self.subnets,
            min_capacity=0,
            max_capacity=6,
            desired_capacity=size,
            mixed_instances_policy=mixed,
        )
        self.out(**{name: made.auto_scaling_group_name})
        return made

    def fleet(self) -> None:
        fleet = self.group("Fleet", size=2, spot=True)
        let_go = self.function("LetGo", LET_GO)
        let_go.add_to_role_policy(iam.PolicyStatement(actions=["autoscaling:CompleteLifecycleAction"], resources=["*"]))
        fleet.add_lifecycle_hook(
            "Ending",
            lifecycle_transition=autoscaling.LifecycleTransition.INSTANCE_TERMINATING,
            heartbeat_timeout=cdk.Duration.minutes(30),
            notification_target=hooktargets.FunctionHook(let_go),
        )
        pattern = events.EventPattern(source=["aws.ec2"], detail_type=["EC2 Spot Instance Interruption Warning"])
        events.Rule(self, "Warned", event_pattern=pattern).add_target(
            targets.LambdaFunction(self.function("OnWarning"))
        )
        changed = events.EventPattern(source=["aws.autoscaling"])
        events.Rule(self, "Scaled", event_pattern=changed).add_target(
            targets.LambdaFunction(self.function("OnScaling"))
        )

    def containers(self) -> None:
        cluster = ecs.Cluster(self, "Cluster", vpc=self.network)
        hosts = self.group("Hosts", size=2, spot=False)
        provider = ecs.AsgCapacityProvider(
            self, "Provider", auto_scaling_group=hosts, enable_managed_termination_protection=False
        )
        cluster.add_asg_capacity_provider(provider)
        definition = ecs.Ec2TaskDefinition(self, "Served")
        definition.add_container(
            "main", image=ecs.ContainerImage.from_registry("conformance/sleeper"), memory_limit_mib=64
        )
        service = ecs.Ec2Service(
            self,
            "Service",
            cluster=cluster,
            task_definition=definition,
            desired_count=2,
            min_healthy_percent=50,
            capacity_provider_strategies=[
                ecs.CapacityProviderStrategy(capacity_provider=provider.capacity_provider_name, weight=1)
            ],
        )
        once = ecs.FargateTaskDefinition(self, "Once")
        once.add_container(
            "main",
            image=ecs.ContainerImage.from_registry("conformance/worker"),
            environment={"WORD": "fargate"},
            logging=ecs.LogDriver.aws_logs(stream_prefix="once"),
        )
        subnet = self.network.public_subnets[0].subnet_id
        self.out(
            Cluster=cluster.cluster_name, Service=service.service_name, Once=once.task_definition_arn, Subnet=subnet
        )

    def jobs(self) -> None:
        place = batch.ManagedEc2EcsComputeEnvironment(
            self, "Place", vpc=self.network, vpc_subnets=self.subnets, spot=True, maxv_cpus=4
        )
        queue = batch.JobQueue(self, "JobQueue", priority=1)
        queue.add_compute_environment(place, 1)
        definition = batch.EcsJobDefinition(
            self,
            "Job",
            retry_attempts=3,
            retry_strategies=[batch.RetryStrategy.of(batch.Action.RETRY, batch.Reason.NON_ZERO_EXIT_CODE)],
            parameters={"word": "default"},
            container=batch.EcsEc2ContainerDefinition(
                self,
                "JobContainer",
                image=ecs.ContainerImage.from_registry("conformance/worker"),
                command=["echo", "job says", "Ref::word"],
                cpu=1,
                memory=cdk.Size.mebibytes(128),
            ),
        )
        self.out(JobQueue=queue.job_queue_arn, Job=definition.job_definition_arn)
        self.workflow(queue, definition)

    def workflow(self, queue: batch.JobQueue, definition: batch.EcsJobDefinition) -> None:
        asked = {"JobName": "from-workflow", "JobQueue": queue.job_queue_arn}
        asked["JobDefinition"] = definition.job_definition_arn
        task = {"Type": "Task", "Resource": "arn:aws:states:::batch:submitJob.sync", "End": True}
        states = {"Run": task | {"Parameters": asked | {"Parameters": {"word.$": "$.word"}}}}
        made = sfn.StateMachine(
            self,
            "RunJob",
            definition_body=sfn.DefinitionBody.from_string(json.dumps({"StartAt": "Run", "States": states})),
        )
        actions = ["batch:SubmitJob", "batch:DescribeJobs", "batch:TerminateJob", "events:*"]
        made.add_to_role_policy(iam.PolicyStatement(actions=actions, resources=["*"]))
        ended = events.EventPattern(source=["aws.batch"], detail={"status": ["SUCCEEDED", "FAILED"]})
        events.Rule(self, "JobEnded", event_pattern=ended).add_target(targets.LambdaFunction(self.function("OnJob")))
        self.out(RunJobMachine=made.state_machine_arn)

    def balancer(self) -> None:
        balancer = elb.ApplicationLoadBalancer(
            self, "Balancer", vpc=self.network, internet_facing=True, vpc_subnets=self.subnets
        )
        listener = balancer.add_listener("Http", port=80, default_action=elb.ListenerAction.fixed_response(404))
        group = elb.ApplicationTargetGroup(self, "Addresses", vpc=self.network, port=80, target_type=elb.TargetType.IP)
        listener.add_action(
            "ToAddresses",
            priority=10,
            conditions=[elb.ListenerCondition.path_patterns(["/machine/*"])],
            action=elb.ListenerAction.forward([group]),
        )
        listener.add_targets(
            "ToFunction",
            priority=20,
            conditions=[elb.ListenerCondition.path_patterns(["/function/*"])],
            targets=[elb_targets.LambdaTarget(self.function("Balanced", BALANCED))],
        )
        self.out(Balancer=balancer.load_balancer_arn, Addresses=group.target_group_arn)
