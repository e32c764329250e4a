"""With enforced permissions, handing a role to a service takes `iam:PassRole` on that role."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from refarch.local.functions import passed_roles
from refarch.local.functions.pass_role_permissions import request_of

ACCOUNT = "000000000000"
PUT = [{"Id": "1", "Arn": f"arn:aws:events:us-east-1:{ACCOUNT}:event-bus/other"}]
FLOW = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}})
COMPUTE = {"type": "EC2", "maxvCpus": 1, "subnets": ["s-1"], "securityGroupIds": ["sg-1"], "instanceTypes": ["optimal"]}


def zipped() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("a.py", "def b(event, context): return 1")
    return made.getvalue()


def lambda_function(client: Any, role: str, name: str, **_: Any) -> None:
    client("lambda").create_function(
        FunctionName=name, Role=role, Runtime="python3.11", Handler="a.b", Code={"ZipFile": zipped()}
    )


def state_machine(client: Any, role: str, name: str, **_: Any) -> None:
    client("stepfunctions").create_state_machine(name=name, definition=FLOW, roleArn=role)


def task_definition(client: Any, role: str, name: str, **_: Any) -> None:
    containers = [{"name": "c", "image": "i", "memory": 64}]
    client("ecs").register_task_definition(family=name, taskRoleArn=role, containerDefinitions=containers)


def job_definition(client: Any, role: str, name: str, **_: Any) -> None:
    container = {"image": "i", "vcpus": 1, "memory": 64, "jobRoleArn": role}
    client("batch").register_job_definition(jobDefinitionName=name, type="container", containerProperties=container)


def job_environment(client: Any, role: str, name: str, profile: str) -> None:
    resources = {**COMPUTE, "instanceRole": profile}
    client("batch").create_compute_environment(computeEnvironmentName=name, type="MANAGED", computeResources=resources)


def rule_target(client: Any, role: str, name: str, **_: Any) -> None:
    client("events").put_rule(Name=name, EventPattern=json.dumps({"source": [name]}))
    client("events").put_targets(Rule=name, Targets=[PUT[0] | {"RoleArn": role}])


def instance(client: Any, role: str, name: str, profile: str) -> None:
    client("ec2").run_instances(ImageId="ami-1", MinCount=1, MaxCount=1, IamInstanceProfile={"Name": profile})


def instance_of_template(client: Any, role: str, name: str, profile: str) -> None:
    data = {"ImageId": "ami-1", "IamInstanceProfile": {"Name": profile}}
    client("ec2").create_launch_template(LaunchTemplateName=name, LaunchTemplateData=data)
    client("ec2").run_instances(MinCount=1, MaxCount=1, LaunchTemplate={"LaunchTemplateName": name})


CALLS: list[tuple[Callable[..., None], str]] = [
    (lambda_function, "lambda"),
    (state_machine, "states"),
    (task_definition, "ecs-tasks"),
    (job_definition, "ecs-tasks"),
    (job_environment, "ec2"),
    (rule_target, "events"),
    (instance, "ec2"),
    (instance_of_template, "ec2"),
]


@pytest.fixture(scope="module")
def handed(strict: Any, role: Any) -> tuple[str, str]:
    """(ARN of a role, name of an instance profile that holds it)."""
    iam, arn, name = strict.cloud.client("iam"), role("ec2"), strict.name("profile")
    iam.create_instance_profile(InstanceProfileName=name)
    iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=arn.rsplit("/", 1)[-1])
    return arn, name


@pytest.fixture(scope="module")
def user(strict: Any) -> Callable[..., Callable[[str], Any]]:
    """(statements beside everything but IAM) -> clients of a new user who may do that."""

    session = boto3.session.Session(region_name="us-east-1")  # one: it reads the model of each service once

    def made(*statements: dict[str, Any]) -> Callable[[str], Any]:
        iam, name = strict.cloud.client("iam"), strict.name("user")
        iam.create_user(UserName=name)
        all_but_iam = {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}
        document = {"Version": "2012-10-17", "Statement": [all_but_iam, *statements]}
        iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=json.dumps(document))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        keys = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
        return lambda service: session.client(service, endpoint_url=strict.cloud.endpoint_url, **keys)

    return made


@pytest.fixture(scope="module")
def stranger(user: Any) -> Any:
    return user()


@pytest.mark.parametrize(("call", "service"), CALLS)
def test_a_role_is_handed_over_only_with_the_grant(
    strict: Any, handed: Any, user: Any, stranger: Any, call: Callable[..., None], service: str
) -> None:
    role, profile = handed
    with pytest.raises(ClientError, match=rf"iam:PassRole on resource: {role} because") as refused:
        call(stranger, role, strict.name("refused"), profile=profile)
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] in (400, 403)
    passes = {"Effect": "Allow", "Action": "iam:PassRole", "Resource": role}
    named = passes | {"Condition": {"StringEquals": {"iam:PassedToService": f"{service}.amazonaws.com"}}}
    call(user(named), role, strict.name("granted"), profile=profile)


def test_a_grant_for_another_service_is_none(strict: Any, handed: Any, user: Any) -> None:
    condition = {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}
    grant = {"Effect": "Allow", "Action": "iam:PassRole", "Resource": handed[0], "Condition": condition}
    with pytest.raises(ClientError, match="iam:PassRole"):
        state_machine(user(grant), handed[0], strict.name("refused"))


def test_running_a_task_hands_over_the_roles_that_were_registered(strict: Any, role: Any, stranger: Any) -> None:
    name, arn = strict.name("family"), role("ecs-tasks")
    task_definition(strict.cloud.client, arn, name)
    strict.cloud.client("ecs").create_cluster(clusterName=name)
    with pytest.raises(ClientError, match=f"iam:PassRole on resource: {arn}"):
        stranger("ecs").run_task(cluster=name, taskDefinition=name)


def test_cloudformation_hands_roles_over_as_the_account_s_administrator(strict: Any, handed: Any) -> None:
    properties = {"DefinitionString": FLOW, "RoleArn": handed[0]}
    machine = {"Type": "AWS::StepFunctions::StateMachine", "Properties": properties}
    stacks, name = strict.cloud.client("cloudformation"), strict.name("stack")
    stacks.create_stack(StackName=name, TemplateBody=json.dumps({"Resources": {"M": machine}}))
    assert stacks.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"] == "CREATE_COMPLETE"


def test_roles_stand_in_many_places_of_a_request() -> None:
    def found(action: str, request: Any, **known: Any) -> list[str]:
        return [f"{one.reference} {one.service}" for one in passed_roles.of_request(action, request, **known)]

    targets = {"Targets": [{"RoleArn": "a"}, {"Arn": "x"}, {"RoleArn": "b"}, {"RoleArn": "a"}]}
    assert found("events:PutTargets", targets) == ["a events", "b events"]
    registered = {"taskRoleArn": "task", "executionRoleArn": "execution"}
    request = {"taskDefinition": "d", "overrides": {"taskRoleArn": "mine"}}
    told = found("ecs:RunTask", request, definition=lambda reference: registered)
    assert told == ["mine ecs-tasks", "execution ecs-tasks"]
    assert found("lambda:CreateFunction", {"Role": {"Ref": "nonsense"}}) == []
    assert found("s3:PutObject", {"Role": "a"}) == []


def test_requests_are_read_in_both_protocols() -> None:
    body = b"Action=RunInstances&IamInstanceProfile.Arn=arn%3Aa&MinCount=1"
    form = {"content-type": "application/x-www-form-urlencoded"}
    assert request_of(form, body, {})["IamInstanceProfile"] == {"Arn": "arn:a"}
    assert request_of({}, b"", {"IamInstanceProfile.Name": ["n"]}) == {"IamInstanceProfile": {"Name": "n"}}
    assert request_of({"content-type": "application/x-amz-json-1.1"}, b"[1]", {}) == {}
