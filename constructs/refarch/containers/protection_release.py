"""The ProtectionRelease construct."""

from __future__ import annotations

from aws_cdk import CustomResource, RemovalPolicy
from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_logs as logs
from constructs import Construct

from refarch._shared.durations import minutes
from refarch._shared.reads import arn, inside, read
from refarch._shared.written_role import Statement
from refarch.batch.functions import WorkflowFunction

_DESCRIBE = "Looking Auto Scaling groups up knows no resources"
_GROUP_ID = "An Auto Scaling group's ARN has an id that nobody knows beforehand; its name, which is whole, fixes it"


class ProtectionRelease(Construct):
    """Takes the scale-in protection off the instances of Auto Scaling groups when they are deleted.

    CloudFormation empties a group to delete it, and waits for protected instances for ever. So between a group and what
    protects its instances (`before`, an ECS capacity provider) there is a resource whose deletion takes the protection
    off: the provider goes first, so nobody protects them anew, then the protection, then the group.

    It leaves out: groups that are protected by something outside of the stack.

    Source: "Protect your instances from scale-in" in the Amazon EC2 Auto Scaling User Guide.
    """

    function: WorkflowFunction
    resources: list[CustomResource]

    def __init__(self, scope: Construct, id: str, *, removal: RemovalPolicy) -> None:
        super().__init__(scope, id)
        inside(self, scope)
        self.resources = []
        look = Statement(
            sid="LookGroupsUp", actions=["autoscaling:DescribeAutoScalingGroups"], resources=["*"], why=_DESCRIBE
        )
        self.function = WorkflowFunction(
            self,
            "Function",
            handler="scale_in_protection",
            packages=("custom_resources",),
            environment={},
            retention=logs.RetentionDays.ONE_MONTH,
            removal=removal,
            description="refarch cluster: takes scale-in protection off a group that goes",
            statements=[look],
        )

    def release(self, id: str, group: autoscaling.AutoScalingGroup, *, before: Construct) -> CustomResource:
        """Releases `group` when it goes, after `before` has gone."""
        name = read(group, "auto_scaling_group_name")
        group_arn = arn(self, "autoscaling", f"autoScalingGroup:*:autoScalingGroupName/{name}")
        actions = ["autoscaling:SetInstanceProtection", "autoscaling:UpdateAutoScalingGroup"]
        self.function.role.allow([Statement(sid=f"Release{id}", actions=actions, resources=[group_arn], why=_GROUP_ID)])
        made = CustomResource(
            self,
            id,
            service_token=read(self.function.function, "function_arn"),
            resource_type="Custom::ScaleInProtectionRelease",
            properties={"AutoScalingGroupName": name},
            service_timeout=minutes(5),
        )
        # Also the function's permissions and its log must be there as long as the resource is.
        made.node.add_dependency(self.function.role, self.function.log_group)
        before.node.add_dependency(made)
        self.resources.append(made)
        return made
