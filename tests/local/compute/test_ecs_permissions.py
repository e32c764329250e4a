"""Which resource a policy has to name for a call to ECS; and a role that is bound to one cluster."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from refarch.local import LocalCloud
from refarch.local.compute.ecs.permissions import resource_of

HERE = "arn:aws:ecs:us-east-1:000000000000"


@pytest.mark.parametrize(
    ("operation", "request_", "expected"),
    [
        ("DescribeContainerInstances", {"cluster": "c", "containerInstances": ["i1", "i2"]}, "container-instance/c/i1"),
        ("UpdateContainerInstancesState", {"containerInstances": ["i1"]}, "container-instance/default/i1"),
        ("DescribeTasks", {"cluster": f"{HERE}:cluster/c", "tasks": ["t1"]}, "task/c/t1"),
        ("UpdateService", {"cluster": "c", "service": "s"}, "service/c/s"),
        ("CreateService", {"cluster": "c", "serviceName": "s", "taskDefinition": "d"}, "service/c/s"),
        ("RunTask", {"cluster": "c", "taskDefinition": "d:1"}, "task-definition/d:1"),
        ("ListContainerInstances", {"cluster": "c"}, "cluster/c"),
        ("ListTasks", {"cluster": "c", "containerInstance": "i1"}, "container-instance/c/i1"),
    ],
)
def test_the_resource_of_a_call(operation: str, request_: dict[str, Any], expected: str) -> None:
    assert resource_of(operation, request_, "us-east-1", "000000000000") == f"{HERE}:{expected}"


def test_some_calls_know_none_and_of_others_nothing_is_said() -> None:
    assert resource_of("ListServices", {"cluster": "c"}, "us-east-1", "000000000000") == "*"
    assert resource_of("RegisterTaskDefinition", {"family": "f"}, "us-east-1", "000000000000") is None


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    with LocalCloud.start(directory=tmp_path_factory.mktemp("strict"), enforce_permissions=True) as cloud:
        yield cloud


def test_a_role_that_is_bound_to_a_cluster_may_act_there_and_nowhere_else(strict: LocalCloud) -> None:
    admin, iam = strict.client("ecs"), strict.client("iam")
    arns = {name: admin.create_cluster(clusterName=name)["cluster"]["clusterArn"] for name in ("mine", "other")}
    allowed = {
        "Effect": "Allow",
        "Action": "ecs:DescribeContainerInstances",
        "Resource": f"{HERE}:container-instance/*",
        "Condition": {"ArnEquals": {"ecs:cluster": [arns["mine"]]}},
    }
    iam.create_user(UserName="bound")
    document = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    iam.put_user_policy(UserName="bound", PolicyName="Bound", PolicyDocument=document)
    key = iam.create_access_key(UserName="bound")["AccessKey"]
    ecs = boto3.client(
        "ecs",
        endpoint_url=strict.endpoint_url,
        region_name="us-east-1",
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
    )
    missing = {"containerInstances": [f"{HERE}:container-instance/mine/0123"]}
    assert ecs.describe_container_instances(cluster=arns["mine"], **missing)["failures"]
    with pytest.raises(ClientError, match="AccessDenied"):
        ecs.describe_container_instances(cluster=arns["other"], **missing)
