"""The BatchEnvironment construct."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aws_cdk import aws_batch as batch
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from refarch._shared.reads import inside
from refarch.batch import environment_parts as parts
from refarch.batch import notices
from refarch.batch.environment_props import BatchEnvironmentProps, QueueProps


class BatchEnvironment(Construct):
    """Queues of container jobs on Spot Instances, with On-Demand behind them, that cost nothing while they are empty.

    ::

        queue HighPriority (1000) --+--> 1. Spot (price-capacity-optimized)   0 to max_vcpus
        queue LowPriority     (1) --+--> 2. On-Demand, when there is no Spot  0 to max_on_demand_vcpus
                   |
                   +-- a job that blocks a queue --> topic; one that can never run is cancelled

    Instances run Amazon Linux 2023 with encrypted volumes and, if asked, a scratch folder on EBS or NVMe disks. Jobs
    bring roles of their own (`BatchJob`); the instances' role can join the cluster and pull images, no more.

    It leaves out: GPUs, multi-node jobs, EKS, Fargate, and notices of failed jobs (`JobWorkflow` sends those).

    Source: "Building High-Throughput Genomics Batch Workflows on AWS", AWS Compute Blog, 2017, part 3, whose
    custom AMI, Spot Fleet role and bid of 50 % this replaces.
    """

    spot: batch.ManagedEc2EcsComputeEnvironment
    on_demand: batch.ManagedEc2EcsComputeEnvironment | None
    queues: Mapping[str, batch.JobQueue]
    """By the ids of their props."""
    launch_template: ec2.LaunchTemplate
    instance_role: iam.IRole
    security_groups: Sequence[ec2.ISecurityGroup]
    topic: sns.ITopic
    blocked_rule: events.Rule
    dead_letters: sqs.Queue
    untold_alarm: cloudwatch.Alarm

    def __init__(self, scope: Construct, id: str, *, props: BatchEnvironmentProps) -> None:
        super().__init__(scope, id)
        inside(self, scope)
        self.props = props
        self.instance_role = props.instance_role or parts.instance_role(self, "InstanceRole")
        self.security_groups = list(props.security_groups) or [parts.security_group(self, "SecurityGroup", props)]
        self.launch_template = parts.launch_template(self, "LaunchTemplate", props)
        self.spot = self._compute("Spot", spot=True)
        # Told apart from 0 only where it is known: a token is an environment whose size deployment decides.
        self.on_demand = None if props.max_on_demand_vcpus == 0 else self._compute("OnDemand", spot=False)
        self.queues = {each.id: parts.queue(self, props, each, self._order(each)) for each in props.queues}
        self.topic = props.topic or notices.topic(self, "Blocked")
        self.dead_letters = notices.dead_letters(self, "UntoldNotices")
        queues = list(self.queues.values())
        self.untold_alarm = notices.untold_alarm(self, "Untold", self.dead_letters, self.topic)
        self.blocked_rule = notices.blocked_rule(self, "QueueBlocked", queues, self.topic, self.dead_letters)

    def queue(self, id: str) -> batch.JobQueue:
        """The queue of this id. Raises `KeyError` that names those there are."""
        if id not in self.queues:
            raise KeyError(f"queue is {id!r}, allowed: one of {', '.join(self.queues)}")
        return self.queues[id]

    def _compute(self, id: str, *, spot: bool) -> batch.ManagedEc2EcsComputeEnvironment:
        return parts.compute_environment(
            self,
            id,
            self.props,
            spot=spot,
            role=self.instance_role,
            template=self.launch_template,
            security_groups=self.security_groups,
        )

    def _order(self, queue: QueueProps) -> list[batch.ManagedEc2EcsComputeEnvironment]:
        behind = [self.on_demand] if self.on_demand is not None else []
        if queue.capacity == "on-demand-only":
            return behind
        return [self.spot, *(behind if queue.capacity == "spot-first" else [])]
