"""A cloud that is kept goes on after its restart: an instance still waits in its hook, and is let go."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from refarch.local import LocalCloud


def test_what_waited_goes_on_after_a_restart(tmp_path: Path, until: Any) -> None:
    template = {"LaunchTemplateName": "t", "LaunchTemplateData": {"ImageId": "ami-1", "InstanceType": "m5.large"}}
    names = {"AutoScalingGroupName": "g", "LifecycleHookName": "h"}

    def states(cloud: LocalCloud) -> list[str]:
        [group] = cloud.client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]
        return sorted(member["LifecycleState"] for member in group["Instances"])

    with LocalCloud.start(directory=tmp_path, persist=True, clock_factor=100) as cloud:
        scaling = cloud.client("autoscaling")
        made = cloud.client("ec2").create_launch_template(**template)["LaunchTemplate"]["LaunchTemplateId"]
        settings = {"MinSize": 0, "MaxSize": 3, "AvailabilityZones": ["us-east-1a"]}
        scaling.create_auto_scaling_group(
            AutoScalingGroupName="g", DesiredCapacity=1, LaunchTemplate={"LaunchTemplateId": made}, **settings
        )
        until(lambda: states(cloud) == ["InService"])
        scaling.put_lifecycle_hook(
            LifecycleTransition="autoscaling:EC2_INSTANCE_LAUNCHING", HeartbeatTimeout=7200, **names
        )
        scaling.set_desired_capacity(AutoScalingGroupName="g", DesiredCapacity=2)
        until(lambda: states(cloud) == ["InService", "Pending:Wait"])
    with LocalCloud.start(directory=tmp_path, persist=True, clock_factor=100) as cloud:
        until(lambda: states(cloud) == ["InService", "Pending:Wait"])
        scaling = cloud.client("autoscaling")
        rows = scaling.describe_auto_scaling_instances()["AutoScalingInstances"]
        [waiting] = [row["InstanceId"] for row in rows if row["LifecycleState"] == "Pending:Wait"]
        scaling.complete_lifecycle_action(InstanceId=waiting, LifecycleActionResult="CONTINUE", **names)
        until(lambda: states(cloud) == ["InService", "InService"])
