"""The instances of the deployed ImmersiveStreaming, on free ports of this machine, and what is asked of the cloud."""

from __future__ import annotations

import json
import subprocess
import urllib.request
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from refarch.local import LocalCloud
from refarch.streaming.data_plane import burnt_clock, ffmpeg_commands
from rehearsals.account import eventually
from rehearsals.immersive_streaming_instance import Instance, Worker, new_ports
from rehearsals.streaming_processes import free_port

STACK = "ImmersiveStreaming"
EVENT = "event"
EVENT_SECONDS = 12
SMALL: dict[str, Any] = {"rungs": "160:100", "preset": "ultrafast"}
PICTURE: dict[str, Any] = {"width": 320, "height": 160, "fps": 10, "kilobits": 300}
SOON: dict[str, Any] = {"twin_wait_seconds": 2, "wait_seconds": 1, "segment_seconds": 2, "preset": "ultrafast"}
FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"


class Site:
    """What runs here in the place of instances. `stop` ends all of it."""

    def __init__(self, cloud: LocalCloud, folder: Path) -> None:
        self.cloud, self.folder = cloud, folder
        self.ports = {name: new_ports() for name in ("Primary", "Backup")}
        self.origins: dict[str, Instance] = {}
        self.edges: dict[str, tuple[Instance, int]] = {}
        self.others: list[Instance] = []
        self.encoder: subprocess.Popen[bytes] | None = None

    @property
    def running(self) -> list[Instance]:
        return [*self.origins.values(), *(edge for edge, _ in self.edges.values()), *self.others]

    def stop(self) -> None:
        for each in reversed(self.running):
            each.stop()
        if self.encoder is not None:
            self.encoder.kill()
            self.encoder.wait()

    def names(self) -> dict[str, str]:
        """Patterns of the origins' DNS names with ports → this machine's addresses."""
        found: dict[str, str] = {}
        for name, ports in self.ports.items():
            address = physical(self.cloud, f"Origin{name}Address").replace(".", "-")
            host = f"ec2-{address}[.][a-z0-9.-]+[.]amazonaws[.]com"
            found |= {f"{host}:80": f"127.0.0.1:{ports['http']}", f"{host}:1935": f"127.0.0.1:{ports['rtmp']}"}
        return found

    def place(self, target: str) -> str | None:
        """Where an edge (by its instance's id) or an origin (by its name and CloudFront's port) answers CloudFront."""
        if target in self.edges:
            return f"http://127.0.0.1:{self.edges[target][1]}"
        address = physical(self.cloud, "OriginPrimaryAddress").replace(".", "-")
        primary = target.startswith(f"ec2-{address}.")
        return f"http://127.0.0.1:{self.ports['Primary']['direct']}" if primary else None

    def boot(self, name: str, instance: str, kind: type[Instance] = Instance, **changed: Any) -> Instance:
        made = kind(self.cloud, instance, self.folder / name, self.names(), changed)
        made.boot()
        return made

    def boot_origin(self, name: str, instance: str) -> None:
        ports, folder = self.ports[name], self.folder / name
        here: dict[str, Any] = {
            "rtmp_listen": f"127.0.0.1:{ports['rtmp']}",
            "http_listen": f"127.0.0.1:{ports['http']}",
            "control_port": ports["control"],
            "peer_sources": ["127.0.0.1"],
            "recordings": str(folder / "recordings"),
        }
        if name == "Primary":
            here["direct_listen"] = f"127.0.0.1:{ports['direct']}"
        self.origins[name] = self.boot(name, instance, **here, **SMALL)

    def boot_edge(self, instance: str) -> None:
        port = free_port()
        made = self.boot(f"Edge-{instance}", instance, http_listen=f"127.0.0.1:{port}", workers="1")
        self.edges[instance] = (made, port)

    def boot_source(self, instance: str) -> None:
        self.others.append(self.boot("Source", instance, **PICTURE))

    def boot_worker(self, instance: str) -> Instance:
        self.others.append(self.boot("Worker", instance, Worker, **SOON))
        return self.others[-1]

    def publish(self, key: str) -> None:
        """An encoder of somebody's, of a length that is known: to both origins, with the key from the secret."""
        points = [f"rtmp://127.0.0.1:{each['rtmp']}/live/{EVENT}?key={key}" for each in self.ports.values()]
        size = {name: PICTURE[name] for name in ("width", "height", "fps")}
        picture = burnt_clock.graph(**size, font=FONT, burnt_clock=False)
        rates = {"fps": PICTURE["fps"], "kilobits": PICTURE["kilobits"]}
        command = ffmpeg_commands.test_source(points, picture=picture, keyframe_seconds=1, preset="ultrafast", **rates)
        command[-1:-1] = ["-t", str(EVENT_SECONDS)]
        with (self.folder / "encoder.log").open("wb") as log:
            self.encoder = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)


def instances(cloud: LocalCloud, group: str, count: int = 1, deployment: Future[None] | None = None) -> list[str]:
    """The instances of the group in whose name this stands, as soon as there are so many."""

    def look() -> list[str]:
        if deployment is not None and deployment.done():
            deployment.result()
        found = cloud.client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]
        wanted = [each for each in found if group in each["AutoScalingGroupName"]]
        ids = [each["InstanceId"] for one in wanted for each in one["Instances"]]
        return ids if len(ids) >= count else []

    return eventually(look, within=150, what=f"{count} instances of {group}")


def wake_worker(cloud: LocalCloud) -> None:
    """What the queue's alarm would do within minutes."""
    scaling = cloud.client("autoscaling")
    names = [each["AutoScalingGroupName"] for each in scaling.describe_auto_scaling_groups()["AutoScalingGroups"]]
    [group] = [name for name in names if "VodWorkersGroup" in name]
    scaling.set_desired_capacity(AutoScalingGroupName=group, DesiredCapacity=1)


def reclaim(cloud: LocalCloud, instance: str) -> None:
    """EC2 gives a Spot Instance notice."""
    tell(cloud, "interrupt", {"instance-id": instance, "action": "terminate"})


def tell(cloud: LocalCloud, route: str, told: dict[str, str]) -> None:
    body = json.dumps(told).encode()
    with urllib.request.urlopen(f"{cloud.endpoint_url}/_refarch/{route}", data=body, timeout=10):  # noqa: S310 - loopback
        pass


def physical(cloud: LocalCloud, word: str) -> str:
    """Name or id of the address or bucket whose logical id begins so."""
    pages = cloud.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=STACK)
    found = [each for page in pages for each in page["StackResourceSummaries"]]
    of = ("AWS::EC2::EIP", "AWS::S3::Bucket")
    return next(
        str(each["PhysicalResourceId"])
        for each in found
        if each["LogicalResourceId"].startswith(word) and each["ResourceType"] in of
    )


def outputs(cloud: LocalCloud) -> dict[str, str]:
    [stack] = cloud.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"]
    return {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}


def secrets(cloud: LocalCloud) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = cloud.client("secretsmanager").list_secrets()["SecretList"]
    return found


def secret(cloud: LocalCloud, part: str) -> str:
    found = next(each for each in secrets(cloud) if part in each["Name"])
    return str(cloud.client("secretsmanager").get_secret_value(SecretId=found["ARN"])["SecretString"])
