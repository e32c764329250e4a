"""VodTranscoder as `cdk deploy` makes it, in a local cloud that refuses what a role may not do.

The instance's own user data set the worker up on this machine, and it works with the credentials of its own role.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from refarch.local import LocalCloud
from refarch.streaming.vod import names
from rehearsals.programs import need
from rehearsals.vod_processes import Worker, film, until

pytestmark = pytest.mark.rehearsal
APP = Path(__file__).parent / "app" / "app.py"
METADATA = "169.254.169.254:80"


@pytest.fixture
def strict(tmp_path: Path) -> Iterator[LocalCloud]:
    need("streaming")
    with LocalCloud.start(directory=tmp_path, enforce_permissions=True) as cloud:
        yield cloud


class Instance:
    """A worker's instance, played by this machine."""

    def __init__(self, cloud: LocalCloud, id: str, folder: Path) -> None:
        self.cloud, self.id, self.folder = cloud, id, folder
        self.address = f"{cloud.endpoint_url.removeprefix('http://')}/_refarch/metadata/{id}"

    def metadata(self, path: str) -> str:
        base = f"http://{self.address}/latest/"
        lifetime = {"X-aws-ec2-metadata-token-ttl-seconds": "60"}
        token = read(urllib.request.Request(f"{base}api/token", method="PUT", headers=lifetime))
        return read(urllib.request.Request(base + path, headers={"X-aws-ec2-metadata-token": token}))

    def environment(self) -> dict[str, str]:
        role = self.metadata("meta-data/iam/security-credentials/").strip()
        found = json.loads(self.metadata(f"meta-data/iam/security-credentials/{role}"))
        keys = ("AWS_ACCESS_KEY_ID", "AccessKeyId"), ("AWS_SECRET_ACCESS_KEY", "SecretAccessKey")
        given = {name: found[key] for name, key in (*keys, ("AWS_SESSION_TOKEN", "Token"))}
        return {**self.cloud.environment, **given}

    def boot(self) -> None:
        """Run the user data, its folders below one of our own; nothing is installed and no service is started."""
        shims = self.folder / "shims"
        shims.mkdir(parents=True)
        python = f'#!/bin/sh\nexec {sys.executable} "$@"\n'
        for name, text in {"apt-get": "#!/bin/sh\n", "systemctl": "#!/bin/sh\n", "python3": python}.items():
            (shims / name).write_text(text)
            (shims / name).chmod(0o755)
        script = self.metadata("user-data")
        for folder in ("/opt/refarch", "/etc/refarch-vod", "/run/refarch-vod.zip", "/etc/systemd"):
            script = script.replace(folder, f"{self.folder}{folder}")
        for folder in ("etc/systemd/system", "run"):
            (self.folder / folder).mkdir(parents=True)
        path = f"{shims}:{os.environ['PATH']}"
        subprocess.run(["bash", "-c", script], env=self.environment() | {"PATH": path}, check=True)

    def start(self) -> Worker:
        """What the unit starts, with the instance's own metadata service."""
        settings, said = self.folder / "etc/refarch-vod/worker.json", self.folder / "log"
        here = {"metadata": self.address, "work": str(self.folder / "work"), "wait_seconds": 1}
        settings.write_text(json.dumps(json.loads(settings.read_text()) | here))
        environment = self.environment() | {"PYTHONPATH": f"{self.folder}/opt/refarch"}
        command = [sys.executable, "-m", "refarch.streaming.vod", "worker", str(settings)]
        with said.open("wb") as out:
            return Worker(subprocess.Popen(command, stdout=out, stderr=out, env=environment, cwd="/"), said)


def read(request: urllib.request.Request) -> str:
    with urllib.request.urlopen(request, timeout=30) as answer:
        text: str = answer.read().decode()
        return text


def deploy(cloud: LocalCloud, folder: Path) -> dict[str, str]:
    command = ("deploy", "Vod", "--app", f"{sys.executable} {APP}", "--output", str(folder / "cdk.out"))
    cloud.cdk(*command, cwd=APP.parents[4])
    [stack] = cloud.client("cloudformation").describe_stacks(StackName="Vod")["Stacks"]
    return {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}


def instances(cloud: LocalCloud, group: str) -> list[dict[str, Any]]:
    found = cloud.client("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=[group])
    return list(found["AutoScalingGroups"][0]["Instances"])


def test_what_is_deployed_turns_an_upload_into_a_video(strict: LocalCloud, tmp_path: Path) -> None:
    outputs = deploy(strict, tmp_path)
    s3, group = strict.client("s3"), outputs["Group"]
    assert instances(strict, group) == []
    s3.upload_file(str(film(tmp_path / "film.mp4", 40, size="640x320")), outputs["Ingest"], "talks/day 1.mp4")
    # The alarm would say so within minutes; the test does not wait for it.
    strict.client("autoscaling").set_desired_capacity(AutoScalingGroupName=group, DesiredCapacity=1)
    until(lambda: [each for each in instances(strict, group) if each["LifecycleState"] == "InService"], "an instance")
    [found] = instances(strict, group)
    instance = Instance(strict, found["InstanceId"], tmp_path / "instance")
    instance.boot()
    worker = instance.start()
    try:
        until(worker.working, "it encodes")
        assert instances(strict, group)[0]["ProtectedFromScaleIn"] is True
        master = names.master_key(names.asset_name("talks/day 1.mp4"))
        until(lambda: worker.said("published"), "the video is published")
        listed = s3.list_objects_v2(Bucket=outputs["Egress"])["Contents"]
        assert master in [each["Key"] for each in listed]
        until(lambda: not instances(strict, group)[0]["ProtectedFromScaleIn"], "it may go again")
        assert not worker.said("failed")
        assert not worker.said("heartbeat failed")
    finally:
        worker.end()
