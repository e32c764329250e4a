"""A cluster whose instances are protected from scale-in, deployed and destroyed by the real CDK."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from refarch.local import LocalCloud

APP = """
import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs

from refarch.compute import SpotCapacityProps
from refarch.containers import SpotCluster, SpotClusterProps

app = cdk.App()
stack = cdk.Stack(app, "Protected")
public = ec2.SubnetConfiguration(name="Public", subnet_type=ec2.SubnetType.PUBLIC)
vpc = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=0, subnet_configuration=[public],
              restrict_default_security_group=False)
spot = SpotCapacityProps(vpc=vpc, public_ip=True, min_capacity=2, max_capacity=2)
made = SpotCluster(stack, "Web", props=SpotClusterProps(spot=spot, managed_termination_protection=True))
task = ecs.Ec2TaskDefinition(stack, "Task")
image = ecs.ContainerImage.from_registry("team/sleeper:1")
task.add_container("Sleeper", image=image, memory_limit_mib=64, command=["120"])
cdk.CfnOutput(stack, "Group", value=made.spot.group.auto_scaling_group_name)
cdk.CfnOutput(stack, "Cluster", value=made.cluster.cluster_name)
cdk.CfnOutput(stack, "TaskArn", value=task.task_definition_arn)
app.synth()
"""


@pytest.mark.rehearsal
def test_a_cluster_with_protected_instances_is_deleted_cleanly(
    tmp_path_factory: pytest.TempPathFactory, until: Any
) -> None:
    project: Path = tmp_path_factory.mktemp("protected")
    (project / "app.py").write_text(APP)
    (project / "cdk.json").write_text("{}")
    (project / "refarch.images.toml").write_text('[[image]]\nmatch = "team/sleeper"\nentrypoint = ["/bin/sleep"]\n')
    with LocalCloud.start(directory=project, enforce_permissions=True, clock_factor=30) as cloud:
        program = f"{sys.executable} app.py"
        cloud.cdk("deploy", "Protected", "--app", program, "--require-approval", "never", timeout=120)
        [stack] = cloud.client("cloudformation").describe_stacks(StackName="Protected")["Stacks"]
        names = {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}
        scaling, ecs = cloud.client("autoscaling"), cloud.client("ecs")

        def protected() -> bool:
            wanted = [names["Group"]]
            [found] = scaling.describe_auto_scaling_groups(AutoScalingGroupNames=wanted)["AutoScalingGroups"]
            return any(each["ProtectedFromScaleIn"] for each in found["Instances"])

        # A task of nobody's service stays, so ECS protects its instance as long as it is the cluster's provider.
        until(lambda: ecs.list_container_instances(cluster=names["Cluster"])["containerInstanceArns"], 20)
        answer = ecs.run_task(cluster=names["Cluster"], taskDefinition=names["TaskArn"], launchType="EC2")
        assert answer["failures"] == []
        until(protected, 20)
        cloud.cdk("destroy", "Protected", "--force", "--app", program, timeout=120)
        assert scaling.describe_auto_scaling_groups()["AutoScalingGroups"] == []
        stacks = cloud.client("cloudformation").list_stacks(StackStatusFilter=["DELETE_FAILED"])["StackSummaries"]
        assert stacks == []
