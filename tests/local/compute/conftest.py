"""A cloud whose five minutes take a second, and groups and clusters made in it in a moment."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest

from refarch.local import LocalCloud

IMAGE = "ami-0123456789abcdef0"
FACTOR = 300


class ComputeBench:
    """What a test of simulated compute needs; `bench` gives functions, queues and names."""

    def __init__(self, bench: Any, until: Any) -> None:
        self.bench, self.until = bench, until
        self.cloud: LocalCloud = bench.cloud
        self.name = bench.name
        self.ec2, self.scaling = bench.cloud.client("ec2"), bench.cloud.client("autoscaling")
        self.ecs, self.events = bench.cloud.client("ecs"), bench.cloud.client("events")
        self._subnets: list[str] = []

    def subnets(self) -> list[str]:
        """Three subnets in as many zones, made once."""
        if not self._subnets:
            vpc = self.ec2.create_vpc(CidrBlock="10.40.0.0/16")["Vpc"]["VpcId"]
            for number, zone in enumerate("abc"):
                made = self.ec2.create_subnet(
                    VpcId=vpc, CidrBlock=f"10.40.{number}.0/24", AvailabilityZone=f"us-east-1{zone}"
                )
                self._subnets.append(made["Subnet"]["SubnetId"])
        return self._subnets

    def template(self, user_data: str = "", **data: Any) -> str:
        encoded = {"UserData": base64.b64encode(user_data.encode()).decode()} if user_data else {}
        wanted = {"ImageId": IMAGE, "InstanceType": "m5.large", **encoded, **data}
        made = self.ec2.create_launch_template(LaunchTemplateName=self.name("template"), LaunchTemplateData=wanted)
        return str(made["LaunchTemplate"]["LaunchTemplateId"])

    def group(self, desired: int = 1, template: str = "", *, wait: bool = True, **settings: Any) -> str:
        """A group, with its instances in service."""
        name = self.name("group")
        if "MixedInstancesPolicy" not in settings:
            settings["LaunchTemplate"] = {"LaunchTemplateId": template or self.template()}
        wanted = {"MinSize": 0, "MaxSize": 10, "VPCZoneIdentifier": ",".join(self.subnets())} | settings
        self.scaling.create_auto_scaling_group(AutoScalingGroupName=name, DesiredCapacity=desired, **wanted)
        if wait:
            self.in_service(name, desired)
        return name

    def spot_group(self, desired: int, template: str, **settings: Any) -> str:
        policy = {
            "LaunchTemplate": {
                "LaunchTemplateSpecification": {"LaunchTemplateId": template, "Version": "$Latest"},
                "Overrides": [{"InstanceType": name} for name in ("m5.large", "m6i.large", "c6g.xlarge")],
            },
            "InstancesDistribution": {
                "OnDemandPercentageAboveBaseCapacity": 0,
                "SpotAllocationStrategy": "price-capacity-optimized",
            },
        }
        return self.group(desired, MixedInstancesPolicy=policy, **settings)

    def described(self, name: str) -> dict[str, Any]:
        found = self.scaling.describe_auto_scaling_groups(AutoScalingGroupNames=[name])["AutoScalingGroups"]
        return dict(found[0])

    def members(self, name: str, state: str = "InService") -> list[str]:
        rows = self.described(name)["Instances"]
        return [row["InstanceId"] for row in rows if row["LifecycleState"] == state]

    def in_service(self, name: str, number: int) -> list[str]:
        """The instances of a group once it has so many in service and no others."""

        def there() -> list[str] | bool:
            rows = self.described(name)["Instances"]
            done = len(rows) == number and all(row["LifecycleState"] == "InService" for row in rows)
            return [row["InstanceId"] for row in rows] or done if done else False

        found = self.until(there)
        return found if isinstance(found, list) else []

    def instance(self, instance_id: str) -> dict[str, Any]:
        found = self.ec2.describe_instances(InstanceIds=[instance_id])["Reservations"]
        return dict(found[0]["Instances"][0])

    def script(self, instance_id: str) -> str:
        """The user data of an instance, as text."""
        told = self.ec2.describe_instance_attribute(InstanceId=instance_id, Attribute="userData")
        return base64.b64decode(told["UserData"]["Value"]).decode()

    def watch(self, pattern: dict[str, Any]) -> str:
        """The queue that gets the events of a pattern from now on."""
        url, arn = self.bench.queue()
        rule = self.name("rule")
        self.events.put_rule(Name=rule, EventPattern=json.dumps(pattern))
        self.events.put_targets(Rule=rule, Targets=[{"Id": "queue", "Arn": arn}])
        return str(url)

    def cluster(self, instances: int = 0, *, spot: bool = False, **settings: Any) -> tuple[str, str]:
        """(cluster, group) with so many container instances."""
        name = self.name("cluster")
        self.ecs.create_cluster(clusterName=name)
        template = self.template(f"#!/bin/bash\necho ECS_CLUSTER={name} >> /etc/ecs/ecs.config")
        make = self.spot_group if spot else self.group
        group = make(instances, template, **settings)
        self.until(lambda: len(self.container_instances(name)) == instances)
        return name, group

    def container_instances(self, cluster: str, **asked: Any) -> list[dict[str, Any]]:
        arns = self.ecs.list_container_instances(cluster=cluster, **asked)["containerInstanceArns"]
        if not arns:
            return []
        described = self.ecs.describe_container_instances(cluster=cluster, containerInstances=arns)
        return list(described["containerInstances"])

    def definition(self, *, memory: int = 256, host_port: int = 0, **settings: Any) -> str:
        container = {
            "name": "web",
            "image": "example.invalid/web:1",
            "memory": memory,
            "portMappings": [{"containerPort": 80, "hostPort": host_port}],
        }
        made = self.ecs.register_task_definition(
            family=self.name("family"), containerDefinitions=[container], **settings
        )
        return str(made["taskDefinition"]["taskDefinitionArn"])

    def service(self, cluster: str, desired: int, definition: str = "", **settings: Any) -> str:
        name = self.name("service")
        wanted = {"launchType": "EC2"} if "capacityProviderStrategy" not in settings else {}
        self.ecs.create_service(
            cluster=cluster,
            serviceName=name,
            taskDefinition=definition or self.definition(),
            desiredCount=desired,
            **wanted,
            **settings,
        )
        return name

    def tasks(self, cluster: str, status: str = "RUNNING") -> list[dict[str, Any]]:
        arns = self.ecs.list_tasks(cluster=cluster, desiredStatus=status)["taskArns"]
        found = self.ecs.describe_tasks(cluster=cluster, tasks=arns)["tasks"] if arns else []
        return [task for task in found if task["lastStatus"] == status]

    def running(self, cluster: str, number: int) -> list[dict[str, Any]]:
        """The running tasks once they are so many."""
        self.until(lambda: len(self.tasks(cluster)) == number)
        return self.tasks(cluster)

    def clean(self) -> None:
        for group in self.scaling.describe_auto_scaling_groups()["AutoScalingGroups"]:
            self.scaling.delete_auto_scaling_group(AutoScalingGroupName=group["AutoScalingGroupName"], ForceDelete=True)


@pytest.fixture(scope="session")
def fast_bench(tmp_path_factory: pytest.TempPathFactory, workbench_of: Any) -> Iterator[Any]:
    with LocalCloud.start(directory=tmp_path_factory.mktemp("compute"), clock_factor=FACTOR) as cloud:
        yield workbench_of(cloud)


@pytest.fixture
def compute(fast_bench: Any, until: Any) -> Iterator[ComputeBench]:
    made = ComputeBench(fast_bench, until)
    yield made
    made.clean()
