"""A CDK app of 250 resource types, with the real command line: deployed, changed in place, refused, destroyed."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from refarch.local import LocalCloud
from refarch.local.resources.summary import ask

APP = Path(__file__).with_name("many_types_app") / "app.py"
ROOT = Path(__file__).parents[3]
TYPES = 150
STACKS = ("Everyday", "Serverless", "Rare")


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    with LocalCloud.start(directory=tmp_path_factory.mktemp("many")) as started:
        yield started


@pytest.mark.rehearsal
def test_many_types_live_through_the_real_command_line(cloud: LocalCloud, tmp_path: Path) -> None:
    plain, changed = synthesized(cloud, tmp_path), synthesized(cloud, tmp_path, changed="true")
    wrong = synthesized(cloud, tmp_path, changed="true", wrong="true")
    said = cdk(cloud, plain, "deploy", "--all", "--concurrency", "3")
    before = resources(cloud)
    assert len({one["ResourceType"] for one in before.values()}) >= TYPES
    assert "checked and recorded only" in said
    assert "AWS::AppConfig::ExperimentDefinition" in said
    assert "AWS::EC2::NatGateway" not in said.split("recorded only")[-1]

    cdk(cloud, changed, "deploy", "--all", "--concurrency", "3")
    after = resources(cloud)
    ids = {key: one["PhysicalResourceId"] for key, one in before.items()}
    moved = {key for key, one in after.items() if key in ids and ids[key] != one["PhysicalResourceId"]}
    assert not [key for key in moved if not key.split("/")[1].startswith(("FunctionCurrentVersion", "RestDeployment"))]
    assert statuses(cloud) == dict.fromkeys(STACKS, "UPDATE_COMPLETE")

    failed = cdk(cloud, wrong, "deploy", "Rare", "Everyday", "--concurrency", "2", check=False)
    assert "#: extraneous key [Nope] is not permitted" in failed
    assert statuses(cloud)["Rare"] == "UPDATE_ROLLBACK_COMPLETE"
    assert "Number of stacks with differences: 0" in cdk(cloud, changed, "diff")
    assert "Number of resources with drift: 0" in cdk(cloud, changed, "drift")
    cdk(cloud, changed, "destroy", "--all", "--force")
    assert statuses(cloud) == {}
    assert ask(cloud.endpoint_url, "resources")["resources"] == []
    assert left_behind(cloud) == {}


def synthesized(cloud: LocalCloud, place: Path, **context: str) -> str:
    """The app's cloud assembly, made once for several commands."""
    output = place / "-".join(["out", *context])
    variables = {"CDK_OUTDIR": str(output), "CDK_CONTEXT_JSON": json.dumps(context)}
    cloud.run([sys.executable, str(APP)], cwd=ROOT, environment=variables)
    return str(output)


def cdk(cloud: LocalCloud, assembly: str, *arguments: str, check: bool = True) -> str:
    return cloud.cdk(*arguments, "--app", assembly, cwd=ROOT, check=check).stdout or ""


def resources(cloud: LocalCloud) -> dict[str, dict[str, Any]]:
    pages = cloud.client("cloudformation").get_paginator("list_stack_resources")
    return {
        f"{stack}/{one['LogicalResourceId']}": one
        for stack in STACKS
        for page in pages.paginate(StackName=stack)
        for one in page["StackResourceSummaries"]
    }


def statuses(cloud: LocalCloud) -> dict[str, str]:
    found = cloud.client("cloudformation").describe_stacks()["Stacks"]
    return {one["StackName"]: one["StackStatus"] for one in found if one["StackName"] in STACKS}


def left_behind(cloud: LocalCloud) -> dict[str, Any]:
    """What the services still have of what the stacks made."""
    found = {
        "functions": cloud.client("lambda").list_functions()["Functions"],
        "queues": cloud.client("sqs").list_queues().get("QueueUrls", []),
        "tables": cloud.client("dynamodb").list_tables()["TableNames"],
        "addresses": cloud.client("ec2").describe_addresses()["Addresses"],
        "targets": cloud.client("application-autoscaling").describe_scalable_targets(ServiceNamespace="ecs")[
            "ScalableTargets"
        ],
        "environments": cloud.client("batch").describe_compute_environments()["computeEnvironments"],
        "groups": cloud.client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"],
        "networks": [one for one in cloud.client("ec2").describe_vpcs()["Vpcs"] if not one.get("IsDefault")],
        "buckets": [one["Name"] for one in cloud.client("s3").list_buckets()["Buckets"] if "cdk-" not in one["Name"]],
    }
    return {kind: [json.dumps(one, default=str) for one in listed] for kind, listed in found.items() if listed}
