"""Spot Instances: recommended to leave, warned, ended, replaced; and what their metadata says meanwhile."""

from __future__ import annotations

import base64
import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import click.testing
import pytest

from refarch.cli.local_compute import emit, interrupt


def fetch(compute: Any, path: str, method: str = "GET", body: Any = None, **headers: str) -> tuple[int, str]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    content = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(
        f"{compute.cloud.endpoint_url}/_refarch/{path}", data=content, headers=named, method=method
    )
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_a_notice_reaches_everybody_and_the_instance_is_replaced(compute: Any) -> None:
    seen = compute.watch({"source": ["aws.ec2"], "detail-type": ["EC2 Spot Instance Interruption Warning"]})
    group = compute.spot_group(3, compute.template())
    instance = compute.members(group)[0]
    ends = {"state": ["shutting-down", "terminated"], "instance-id": [instance]}
    states = compute.watch({"source": ["aws.ec2"], "detail": ends})
    zone = compute.instance(instance)["Placement"]["AvailabilityZone"]
    place = f"metadata/{instance}/latest/meta-data/spot"
    assert fetch(compute, f"{place}/instance-action")[0] == 404
    status, answer = fetch(compute, "interrupt", "POST", {"instance-id": instance, "notice": 300})
    assert (status, json.loads(answer)["realSeconds"]) == (200, 1)
    event = compute.bench.receive(seen)
    assert event["detail"] == {"instance-id": instance, "instance-action": "terminate"}
    assert (event["resources"], event["source"]) == ([f"arn:aws:ec2:{zone}:instance/{instance}"], "aws.ec2")
    told = json.loads(fetch(compute, f"{place}/instance-action")[1])
    assert told["action"] == "terminate"
    assert fetch(compute, f"{place}/termination-time") == (200, told["time"])
    assert "has its notice already" in fetch(compute, "interrupt", "POST", {"instance-id": instance})[1]
    passed = [compute.bench.receive(states)["detail"] for _ in range(2)]
    assert passed == [
        {"instance-id": instance, "state": "shutting-down"},
        {"instance-id": instance, "state": "terminated"},
    ]
    assert instance not in compute.in_service(group, 3)
    record = compute.instance(instance)
    assert record["StateReason"]["Code"] == "Server.SpotInstanceTermination"
    assert fetch(compute, f"{place}/instance-action")[0] == 404


def test_a_rebalanced_group_launches_the_replacement_first(compute: Any) -> None:
    seen = compute.watch({"source": ["aws.ec2"], "detail-type": ["EC2 Instance Rebalance Recommendation"]})
    group = compute.spot_group(2, compute.template(), CapacityRebalance=True, MaxSize=2)
    first, second = compute.members(group)
    name = "wait"
    compute.scaling.put_lifecycle_hook(
        AutoScalingGroupName=group,
        LifecycleHookName=name,
        LifecycleTransition="autoscaling:EC2_INSTANCE_LAUNCHING",
        HeartbeatTimeout=7200,
    )
    runner = click.testing.CliRunner()
    arguments = [first, "--rebalance", "--directory", str(compute.cloud.directory)]
    assert runner.invoke(interrupt, arguments).output == f"{first}: rebalance recommendation sent\n"
    assert compute.bench.receive(seen)["detail"] == {"instance-id": first}
    told = fetch(compute, f"metadata/{first}/latest/meta-data/events/recommendations/rebalance")
    assert "noticeTime" in json.loads(told[1])
    compute.until(lambda: compute.members(group, "Pending:Wait"))
    assert set(compute.members(group)) == {first, second}
    [third] = compute.members(group, "Pending:Wait")
    compute.scaling.complete_lifecycle_action(
        AutoScalingGroupName=group, LifecycleHookName=name, InstanceId=third, LifecycleActionResult="CONTINUE"
    )
    assert set(compute.in_service(group, 2)) == {second, third}


def test_metadata_is_guarded_by_tokens_where_the_template_says_so(compute: Any) -> None:
    template = compute.template("#!/bin/sh\necho hello", MetadataOptions={"HttpTokens": "required"})
    [instance] = compute.members(compute.group(1, template))
    place = f"metadata/{instance}/latest"
    assert fetch(compute, f"{place}/meta-data/instance-id")[0] == 401
    assert fetch(compute, f"{place}/api/token", "PUT")[0] == 400
    asked = {"X_aws_ec2_metadata_token_ttl_seconds": "60"}
    status, token = fetch(compute, f"{place}/api/token", "PUT", **asked)
    held = {"X_aws_ec2_metadata_token": token}
    assert (status, fetch(compute, f"{place}/meta-data/instance-id", **held)) == (200, (200, instance))
    assert fetch(compute, f"{place}/user-data", **held)[1] == "#!/bin/sh\necho hello"
    record = compute.instance(instance)
    assert fetch(compute, f"{place}/meta-data/local-ipv4", **held)[1] == record["PrivateIpAddress"]
    zone = fetch(compute, f"{place}/meta-data/placement/availability-zone", **held)[1]
    assert zone == record["Placement"]["AvailabilityZone"]
    document = json.loads(fetch(compute, f"{place}/dynamic/instance-identity/document", **held)[1])
    assert (document["instanceId"], document["region"]) == (instance, "us-east-1")
    assert "placement/" in fetch(compute, f"{place}/meta-data/", **held)[1].splitlines()
    other = compute.members(compute.group(1, template))[0]
    assert fetch(compute, f"metadata/{other}/latest/meta-data/instance-id", **held)[0] == 401


def test_an_instance_has_the_credentials_of_its_profile(compute: Any) -> None:
    iam = compute.cloud.client("iam")
    role, profile = compute.name("role"), compute.name("profile")
    iam.create_role(RoleName=role, AssumeRolePolicyDocument="{}")
    iam.create_instance_profile(InstanceProfileName=profile)
    iam.add_role_to_instance_profile(InstanceProfileName=profile, RoleName=role)
    [instance] = compute.members(compute.group(1, compute.template(IamInstanceProfile={"Name": profile})))
    place = f"metadata/{instance}/latest/meta-data/iam/security-credentials"
    assert fetch(compute, place)[1] == role
    assert json.loads(fetch(compute, f"{place}/{role}")[1])["Code"] == "Success"


@pytest.mark.parametrize(
    ("document", "complaint"),
    [
        ({"instance-id": "i-0"}, "there is no instance 'i-0'"),
        ({"action": "terminate", "notice": "soon", "x": 1}, "`x` is unknown; `instance-id` must be text"),
        ([], "not a JSON object"),
    ],
)
def test_what_cannot_be_interrupted_is_said(compute: Any, document: Any, complaint: str) -> None:
    status, answer = fetch(compute, "interrupt", "POST", document)
    assert status == 400
    assert complaint in answer


def test_on_demand_instances_are_not_interrupted(compute: Any) -> None:
    [instance] = compute.members(compute.group(1))
    assert "an On-Demand instance" in fetch(compute, "interrupt", "POST", {"instance-id": instance})[1]


def test_any_event_of_aws_can_be_sent(compute: Any, tmp_path: Path) -> None:
    seen = compute.watch({"source": ["aws.health"]})
    file = tmp_path / "event.json"
    file.write_text(json.dumps({"source": "aws.health", "detail-type": "AWS Health Event", "detail": {"a": 1}}))
    runner, where = click.testing.CliRunner(), ["--directory", str(compute.cloud.directory)]
    assert runner.invoke(emit, [str(file), *where]).output.startswith("sent as ")
    event = compute.bench.receive(seen)
    assert (event["detail-type"], event["detail"], event["account"]) == ("AWS Health Event", {"a": 1}, "000000000000")
    file.write_text("{}")
    assert "`source` is missing; `detail-type` is missing" in runner.invoke(emit, [str(file), *where]).output
    file.write_text("{")
    assert "is not JSON" in runner.invoke(emit, [str(file), *where]).output


def test_user_data_is_what_run_instances_was_given(compute: Any) -> None:
    made = compute.ec2.run_instances(
        ImageId="ami-1", MinCount=1, MaxCount=2, UserData="#!/bin/sh", SubnetId=compute.subnets()[1]
    )
    keys = [instance["InstanceId"] for instance in made["Instances"]]
    assert len(keys) == 2
    told = compute.ec2.describe_instance_attribute(InstanceId=keys[0], Attribute="userData")["UserData"]["Value"]
    assert base64.b64decode(told) == b"#!/bin/sh"
    addresses = {compute.instance(key)["PrivateIpAddress"] for key in keys}
    assert len(addresses) == 2
    compute.ec2.terminate_instances(InstanceIds=keys)
    volumes = compute.ec2.describe_volumes()["Volumes"]
    assert not [one for one in volumes if {a["InstanceId"] for a in one["Attachments"]} & set(keys)]


def test_a_spot_request_is_fulfilled_and_shown(compute: Any) -> None:
    specification = {"ImageId": "ami-1", "InstanceType": "c6g.large", "SubnetId": compute.subnets()[0]}
    [made] = compute.ec2.request_spot_instances(InstanceCount=1, LaunchSpecification=specification)[
        "SpotInstanceRequests"
    ]
    assert (made["State"], made["Status"]["Code"]) == ("active", "fulfilled")
    assert compute.instance(made["InstanceId"])["InstanceLifecycle"] == "spot"
    compute.ec2.cancel_spot_instance_requests(SpotInstanceRequestIds=[made["SpotInstanceRequestId"]])
    asked = {"SpotInstanceRequestIds": [made["SpotInstanceRequestId"]]}
    assert compute.ec2.describe_spot_instance_requests(**asked)["SpotInstanceRequests"][0]["State"] == "cancelled"
    status, _ = fetch(compute, "interrupt", "POST", {"instance-id": made["InstanceId"], "notice": 0})
    compute.until(lambda: compute.instance(made["InstanceId"])["State"]["Name"] == "terminated")
    [closed] = compute.ec2.describe_spot_instance_requests(**asked)["SpotInstanceRequests"]
    assert (status, closed["Status"]["Code"]) == (200, "instance-terminated-by-service")
