"""What the responder's function may do, written out, and why each `*` is one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from aws_cdk import Stack

from refarch._shared.reads import arn, read
from refarch._shared.written_role import Statement
from refarch.compute.interruption_responder_props import InterruptionResponderProps

_NO_RESOURCES = "These calls only read, and their APIs know no resources: AWS accepts nothing but * for them"
_WILDCARDS = {
    "LookUp": _NO_RESOURCES,
    "LeaveTargetGroups": "Which groups is chosen by the tags of instances and by their Auto Scaling groups when the "
    "event comes; `target_groups` and `target_group_tags` narrow it",
    "DrainContainerInstances": "Container instances come and go; resource and condition fix the cluster",
    "ReadClusters": "Container instances, services and tasks come and go; the clusters are fixed here",
    "ListServices": "The action knows no resources; the condition fixes the clusters",
    "CommandInstances": "Instances come and go; only those that opt in by tag, which the condition fixes",
    "CompleteOwnHooks": "The ARN of an Auto Scaling group has an id that nobody knows before; the name is fixed",
    "RemoveNames": "The hosted zones and health checks are Cloud Map's own, made when members register; Cloud Map "
    "checks these permissions of its caller",
}


def act(props: InterruptionResponderProps, stack: Stack, table_arn: str, topic_arn: str) -> list[Statement]:
    """Everything that the actions switched on by `props` need, with the reason for each wildcard."""
    return [replace(each, why=_WILDCARDS.get(each.sid, "")) for each in _act(props, stack, table_arn, topic_arn)]


def _act(props: InterruptionResponderProps, stack: Stack, table_arn: str, topic_arn: str) -> Iterator[Statement]:
    yield Statement(
        sid="LookUp",
        actions=[
            "ec2:DescribeInstances",
            "autoscaling:DescribeAutoScalingInstances",
            "autoscaling:DescribeAutoScalingGroups",
            "elasticloadbalancing:DescribeTargetGroups",
            "elasticloadbalancing:DescribeTargetHealth",
        ],
        resources=["*"],
    )
    yield _leave_target_groups(props, stack)
    if props.clusters:
        yield from _clusters(props, stack)
    if props.services:
        yield from _registries(props, stack)
    if props.command_document:
        yield from _command(props, stack)
    if props.lifecycle_hooks:
        groups = [
            arn(
                stack, "autoscaling", f"autoScalingGroup:*:autoScalingGroupName/{read(each, 'auto_scaling_group_name')}"
            )
            for each in props.auto_scaling_groups
        ]
        yield Statement(sid="CompleteOwnHooks", actions=["autoscaling:CompleteLifecycleAction"], resources=groups)
    yield Statement(sid="KeepInterruptionLog", actions=["dynamodb:Query", "dynamodb:UpdateItem"], resources=[table_arn])
    yield Statement(sid="TellPeople", actions=["sns:Publish"], resources=[topic_arn])


def _leave_target_groups(props: InterruptionResponderProps, stack: Stack) -> Statement:
    every = arn(stack, "elasticloadbalancing", "targetgroup/*/*")
    conditions = {f"aws:ResourceTag/{key}": value for key, value in props.target_group_tags.items()}
    return Statement(
        sid="LeaveTargetGroups",
        actions=["elasticloadbalancing:DeregisterTargets", "elasticloadbalancing:RegisterTargets"],
        resources=[each.target_group_arn for each in props.target_groups] or [every],
        conditions={"StringEquals": conditions} if conditions else {},
    )


def _clusters(props: InterruptionResponderProps, stack: Stack) -> Iterator[Statement]:
    def below(kind: str) -> list[str]:
        return [arn(stack, "ecs", f"{kind}/{read(each, 'cluster_name')}/*") for each in props.clusters]

    arns = [read(each, "cluster_arn") for each in props.clusters]
    in_clusters = {"ArnEquals": {"ecs:cluster": arns}}
    yield Statement(sid="FindContainerInstances", actions=["ecs:ListContainerInstances"], resources=arns)
    yield Statement(
        sid="DrainContainerInstances",
        actions=["ecs:UpdateContainerInstancesState"],
        resources=below("container-instance"),
        conditions=in_clusters,
    )
    yield Statement(
        sid="ReadClusters",
        actions=["ecs:DescribeContainerInstances", "ecs:DescribeServices", "ecs:DescribeTasks", "ecs:ListTasks"],
        resources=[*below("container-instance"), *below("service"), *below("task")],
        conditions=in_clusters,
    )
    yield Statement(sid="ListServices", actions=["ecs:ListServices"], resources=["*"], conditions=in_clusters)


def _registries(props: InterruptionResponderProps, stack: Stack) -> Iterator[Statement]:
    yield Statement(
        sid="CleanRegistries",
        actions=["servicediscovery:ListInstances", "servicediscovery:DeregisterInstance"],
        resources=[each.service_arn for each in props.services],
    )
    # Cloud Map changes Route 53 in the name of its caller (managed policy AWSCloudMapRegisterInstanceAccess).
    zones = [f"arn:{read(stack, 'partition')}:route53:::{kind}/*" for kind in ("hostedzone", "healthcheck")]
    yield Statement(
        sid="RemoveNames",
        actions=["route53:ChangeResourceRecordSets", "route53:GetHealthCheck", "route53:DeleteHealthCheck"],
        resources=zones,
    )


def _command(props: InterruptionResponderProps, stack: Stack) -> Iterator[Statement]:
    """Two statements: the condition is about instances, and a document has no such tag."""
    owner = "" if props.command_document.startswith("AWS-") else read(stack, "account")
    document = arn(stack, "ssm", f"document/{props.command_document}", account=owner)
    yield Statement(sid="CommandDocument", actions=["ssm:SendCommand"], resources=[document])
    yield Statement(
        sid="CommandInstances",
        actions=["ssm:SendCommand"],
        resources=[arn(stack, "ec2", "instance/*")],
        conditions={"StringEqualsIgnoreCase": {f"ssm:resourceTag/{props.command_tag}": "true"}},
    )
