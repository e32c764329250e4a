"""Target groups of a team, besides the one that ECS fills: its instances are in them, and name them in their tags."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from refarch.local import LocalCloud
from rehearsals.ecs_spot_cluster import DeployedEcsSpot

TAG = "loadBalancerTargetGroup"


@dataclass(frozen=True)
class TeamGroups:
    """Groups by their name, with the ARN of each."""

    cloud: LocalCloud
    arns: Mapping[str, str]

    @classmethod
    def make(cls, deployed: DeployedEcsSpot, instances: Mapping[str, str]) -> TeamGroups:
        """A group for each name, with its instance registered in it and tagged with it."""
        elb, ec2 = deployed.cloud.client("elbv2"), deployed.cloud.client("ec2")
        vpc = ec2.describe_subnets(SubnetIds=[deployed.outputs["publicSubnet1"]])["Subnets"][0]["VpcId"]
        arns = {}
        for name, instance in instances.items():
            made = elb.create_target_group(Name=name, Protocol="HTTP", Port=9000, VpcId=vpc)["TargetGroups"][0]
            arns[name] = str(made["TargetGroupArn"])
            # On a port that is not the group's: a call without it takes nothing out.
            elb.register_targets(TargetGroupArn=arns[name], Targets=[{"Id": instance, "Port": 9001}])
            ec2.create_tags(Resources=[instance], Tags=[{"Key": TAG, "Value": arns[name]}])
        return cls(deployed.cloud, arns)

    def members(self) -> dict[str, set[str]]:
        """By group, the instances that get requests."""
        elb = self.cloud.client("elbv2")
        return {
            name: {
                row["Target"]["Id"]
                for row in elb.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
                if row["TargetHealth"]["State"] != "draining"
            }
            for name, arn in self.arns.items()
        }

    def remove(self) -> None:
        for arn in self.arns.values():
            self.cloud.client("elbv2").delete_target_group(TargetGroupArn=arn)
