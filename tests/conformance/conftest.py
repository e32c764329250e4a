"""The stacks of the suite, deployed once a session by the real CDK, and destroyed at its end with nothing left."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from refarch.local import LocalCloud, adapter
from tests.conformance.observing import World

if adapter.installed_version() is None:
    collect_ignore_glob = ["test_*.py"]  # without the extra `local` there is nothing to test

APP = Path(__file__).with_name("app") / "app.py"
GROUPS = (
    "Objects",
    "Messages",
    "Delivery",
    "Functions",
    "Workflows",
    "Web",
    "Compute",
    "Alarms",
    "Settings",
    "Custom",
)
TOOLKIT = "CDKToolkit"
FACTOR = 60  # simulated seconds pass so many times faster: the two minutes of a Spot notice take two seconds
IMAGES = """
[[image]]
match = "conformance/worker"
command = ["sh", "-c", "echo task says $WORD"]

[[image]]
match = "conformance/sleeper"
command = ["sleep", "600"]
"""


# For writing such tests: a folder in which clouds and stacks stay between runs, so that one test takes a second.
KEEP = os.environ.get("CONFORMANCE_KEEP")


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the first deployment leaves what it synthesized, and the clouds have their projects."""
    return Path(KEEP) if KEEP else tmp_path_factory.mktemp("conformance")


@pytest.fixture(scope="session")
def world(folder: Path) -> Iterator[World]:
    """The cloud with every group of behaviours in it."""
    with started(folder / "world", clock_factor=FACTOR, async_slots=6) as world:
        deploy(world, *GROUPS)
        yield world
        destroy_everything(world)


@pytest.fixture(scope="session")
def guarded(world: World, folder: Path) -> Iterator[World]:
    """A second cloud, in which permissions are enforced."""
    with started(folder / "guarded", enforce_permissions=True) as guarded:
        deploy(guarded, "Permissions")
        yield guarded
        destroy_everything(guarded)


@contextmanager
def started(directory: Path, **options: Any) -> Iterator[World]:
    directory.mkdir(parents=True, exist_ok=True)
    os.environ["CONFORMANCE_SECRET"] = "of this machine's shell"  # no function may see it
    (directory / "refarch.images.toml").write_text(IMAGES)
    with LocalCloud.start(directory=directory, **options) as cloud:
        cloud.keep = cloud.keep or bool(KEEP)
        yield World(cloud, directory.with_name("cdk.out"))


def deploy(world: World, *stacks: str) -> None:
    """`cdk deploy`; the first one also synthesizes the app."""
    outputs = world.cloud.directory / "outputs.json"
    if KEEP and outputs.exists() and not world.cloud.started:
        world.outputs |= json.loads(outputs.read_text())
        return
    ready = world.assembly.exists()
    app = str(world.assembly) if ready else f"{sys.executable} {APP}"
    place = [] if ready else ["--output", str(world.assembly)]
    began = time.monotonic()
    world.cloud.bootstrap(start=APP)
    world.cloud.cdk(
        *("deploy", *stacks, "--app", app, *place, "--concurrency", "4", "--outputs-file", str(outputs)),
        cwd=APP.parent,
        environment={"CDK_VALIDATION": "false"},
        timeout=240,
    )
    world.outputs |= json.loads(outputs.read_text())
    print(f"deployed {len(stacks)} stacks in {time.monotonic() - began:.1f} s")


def destroy_everything(world: World) -> None:
    """`cdk destroy` of all that is there; whatever of it is left is an error of the suite."""
    if KEEP:
        return
    cloudformation = world.client("cloudformation")
    names = [stack["StackName"] for stack in cloudformation.describe_stacks()["Stacks"] if "ParentId" not in stack]
    world.cdk("destroy", *(name for name in names if name != TOOLKIT), "--force")
    left = [stack["StackName"] for stack in cloudformation.describe_stacks()["Stacks"]]
    assert left == [TOOLKIT]
    assert remains(world) == {}


def remains(world: World) -> dict[str, list[str]]:
    """What no stack should leave behind."""
    look = {
        "functions": [row["FunctionName"] for row in world.client("lambda").list_functions()["Functions"]],
        "queues": world.client("sqs").list_queues().get("QueueUrls", []),
        "topics": world.client("sns").list_topics()["Topics"],
        "tables": world.client("dynamodb").list_tables()["TableNames"],
        "machines": world.client("stepfunctions").list_state_machines()["stateMachines"],
        "groups": world.client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"],
        "streams": world.client("kinesis").list_streams()["StreamNames"],
        "job queues": world.client("batch").describe_job_queues()["jobQueues"],
        "clusters": world.client("ecs").list_clusters()["clusterArns"],
        "balancers": world.client("elbv2").describe_load_balancers()["LoadBalancers"],
        "APIs": world.client("apigateway").get_rest_apis()["items"],
        "buckets": [
            row["Name"] for row in world.client("s3").list_buckets()["Buckets"] if not row["Name"].startswith("cdk-")
        ],
    }
    return {kind: found for kind, found in look.items() if found}
