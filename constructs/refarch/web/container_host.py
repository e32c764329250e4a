"""The ContainerHost construct: Docker on an instance, Arm by default, as the post shows it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from refarch._shared.checks import Problems
from refarch._shared.durations import minutes
from refarch.compute.instance_types import known_types
from refarch.compute.spot_capacity import SpotCapacity
from refarch.compute.spot_capacity_props import SpotCapacityProps
from refarch.web.lamp_server_props import instance_type_problem

PAGE = Path(__file__).with_name("architecture_page.py")
PYTHON_IMAGE = "public.ecr.aws/docker/library/python:3.13-alpine"
"""Has variants for arm64 and amd64 under one name, so that one template serves both."""

_SET_UP = """#!/bin/bash
set -euo pipefail
dnf install --assumeyes docker
systemctl enable --now docker
docker run --detach --restart always --name app --publish {port}:{container_port} {image} {command}
"""


def _page() -> Sequence[str]:
    return ("python3", "-c", PAGE.read_text())


@dataclass(frozen=True, kw_only=True)
class ContainerHostProps:
    """One container on each instance of a small group. Raises `InvalidPropsError` with every problem at once."""

    vpc: ec2.IVpc

    instance_type: str = "t4g.small"
    """Its processor decides the architecture. `a1` cannot run Amazon Linux 2023."""

    image: str = PYTHON_IMAGE
    """With a variant for the processor. `docker buildx imagetools inspect` shows which there are."""

    command: Sequence[str] = field(default_factory=_page)
    """Arguments of the container. Default: a page that says which processor answered."""

    port: int = 80
    """On the instance."""

    container_port: int = 8080
    count: int = 1
    """Instances, 1 to 20; one more for a while when they are replaced."""

    load_balanced: bool = False
    """Replaces instances that a load balancer finds unhealthy; for groups that are attached to one."""

    public_ip: bool = True
    """The way out where there is no NAT gateway. Nothing is open inwards."""

    def __post_init__(self) -> None:
        problems = Problems("ContainerHostProps")
        instance_type_problem(problems, "instance_type", self.instance_type)
        image = bool(re.fullmatch(r"[\w./:@-]+", self.image))
        problems.check(image, "image", self.image, "the name of an image, with its registry and tag")
        for name in ("port", "container_port"):
            problems.between(name, getattr(self, name), 1, 65535)
        problems.between("count", self.count, 1, 20, "instances")
        problems.raise_any()


class ContainerHost(Construct):
    """Instances that run one container each, on Arm or x86 from the same props.

    ::

        group --> instances (Amazon Linux 2023, Docker) --> container, started again whenever it ends

    It leaves out: a load balancer (add `group` to one), and logs of the container; ECS does what grows beyond this.

    Source: "Getting started with the A1 instance", AWS Compute Blog, 2019.
    """

    capacity: SpotCapacity
    """The group, its launch template and its security group; On-Demand."""

    architecture: str

    def __init__(self, scope: Construct, id: str, *, props: ContainerHostProps) -> None:
        super().__init__(scope, id)
        self.props = props
        self.architecture = known_types()[props.instance_type]
        self.capacity = SpotCapacity(
            self,
            "Capacity",
            props=SpotCapacityProps(
                vpc=props.vpc,
                instance_types=[props.instance_type],
                on_demand_percentage=100,
                min_capacity=props.count,
                max_capacity=props.count + 1,
                public_ip=props.public_ip,
                load_balancer_health=props.load_balanced,
                health_check_grace=minutes(5),  # Docker and the image come from the network
                user_data=ec2.UserData.custom(user_data(props)),
                warmup=minutes(2),
            ),
        )


def user_data(props: ContainerHostProps) -> str:
    """What an instance runs when it starts: the same on every processor."""
    return _SET_UP.format(
        port=props.port,
        container_port=props.container_port,
        image=shlex.quote(props.image),
        command=shlex.join(props.command),
    )
