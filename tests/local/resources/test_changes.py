"""What happens to a recorded resource over its life: references, replacement, order, policies, change sets, drift."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

SUBNETS = {"FileSystemType": "LUSTRE", "SubnetIds": ["subnet-1"]}


def mesh(name: str | None = None, **spec: Any) -> dict[str, Any]:
    return {
        "Type": "AWS::AppMesh::Mesh",
        "Properties": {**({"MeshName": name} if name else {}), **({"Spec": spec} if spec else {})},
    }


def files(policies: dict[str, Any] | None = None, **properties: Any) -> dict[str, Any]:
    return {"Type": "AWS::FSx::FileSystem", "Properties": {**SUBNETS, **properties}, **(policies or {})}


def test_references_and_attributes_have_the_form_of_the_service(stacks: Any) -> None:
    stack = stacks.create(
        {
            "Files": files(),
            "Workspace": {"Type": "AWS::APS::Workspace"},
            "Pipeline": {"Type": "AWS::AppMesh::Mesh"},
        },
        {
            "Files": {"Ref": "Files"},
            "Arn": {"Fn::GetAtt": ["Files", "ResourceARN"]},
            "Host": {"Fn::GetAtt": ["Files", "DNSName"]},
            "Workspace": {"Ref": "Workspace"},
            "Mesh": {"Fn::GetAtt": ["Pipeline", "MeshName"]},
        },
    )
    found = stacks.outputs(stack)
    assert re.fullmatch(r"fs-[0-9a-f]{17}", found["Files"])
    assert found["Arn"].startswith("arn:aws:fsx:us-east-1:000000000000:file-system/")
    assert found["Host"].endswith(".fsx.us-east-1.amazonaws.com")
    assert found["Workspace"].startswith("arn:aws:aps:us-east-1:000000000000:workspace/")
    assert found["Mesh"].startswith(f"{stack}-Pipeline-")


def test_an_attribute_that_a_type_does_not_have_fails(stacks: Any) -> None:
    stack = stacks.create({"Files": files()}, {"Shape": {"Fn::GetAtt": ["Files", "Shape"]}})
    assert stacks.status(stack) == "ROLLBACK_COMPLETE"
    assert "Requested attribute Shape does not exist in schema for AWS::FSx::FileSystem" in stacks.failures(stack)[0]


def test_a_create_only_property_replaces_and_what_refers_to_it_follows(stacks: Any) -> None:
    def both(subnet: str) -> dict[str, Any]:
        snapshot = {"Type": "AWS::FSx::DataRepositoryAssociation", "Properties": {
            "DataRepositoryPath": "s3://bucket", "FileSystemId": {"Ref": "Files"}, "FileSystemPath": "/a"}}  # fmt: skip
        return {"Files": files(SubnetIds=[subnet]), "Association": snapshot}

    stack = stacks.create(both("subnet-1"))
    before = stacks.ids(stack)
    assert stacks.update(stack, both("subnet-2")) == "UPDATE_COMPLETE", stacks.failures(stack)
    after = stacks.ids(stack)
    assert before["Files"] != after["Files"]
    assert before["Association"] != after["Association"]  # its FileSystemId is create-only as well
    assert [one["id"] for one in stacks.recorded("FSx::FileSystem")] == [after["Files"]]


def test_a_nested_create_only_property_replaces(stacks: Any) -> None:
    def broker(size: int) -> dict[str, Any]:
        nodes = {"ClientSubnets": ["subnet-1"], "InstanceType": "kafka.m5.large", "SecurityGroups": [f"sg-{size}"]}
        named = {"ClusterName": f"cluster{size}", "KafkaVersion": "3.8.x", "NumberOfBrokerNodes": 2}
        return {"Type": "AWS::MSK::Cluster", "Properties": {**named, "BrokerNodeGroupInfo": nodes}}

    stack = stacks.create({"Broker": broker(1)})
    before = stacks.ids(stack)
    changed = broker(1)
    changed["Properties"]["BrokerNodeGroupInfo"]["SecurityGroups"] = ["sg-2"]
    assert stacks.update(stack, {"Broker": changed}) == "UPDATE_ROLLBACK_COMPLETE"
    assert "a custom-named resource requires replacing" in stacks.failures(stack)[-1]
    assert stacks.update(stack, {"Broker": broker(3)}) == "UPDATE_COMPLETE"
    assert stacks.ids(stack) != before


def test_a_fixed_name_cannot_be_replaced_under_itself(stacks: Any) -> None:
    def group(title: str) -> dict[str, Any]:
        return {"Group": {"Type": "AWS::Synthetics::Group", "Properties": {"Name": title}}}

    stack = stacks.create(group("one"))
    assert stacks.update(stack, group("two")) == "UPDATE_COMPLETE"
    assert stacks.ids(stack)["Group"] == "two"


@pytest.mark.parametrize("policy", ["Retain", "Delete"])
def test_deletion_policies_hold(stacks: Any, policy: str) -> None:
    stack = stacks.create({"Files": files({"DeletionPolicy": policy})})
    made = stacks.ids(stack)["Files"]
    stacks.delete(stack)
    kept = [one["id"] for one in stacks.recorded("FSx::FileSystem") if one["id"] == made]
    assert kept == ([made] if policy == "Retain" else [])


def test_what_is_replaced_can_be_retained(stacks: Any) -> None:
    stack = stacks.create({"Files": files({"UpdateReplacePolicy": "Retain"}, SubnetIds=["subnet-3"])})
    before = stacks.ids(stack)["Files"]
    stacks.update(stack, {"Files": files({"UpdateReplacePolicy": "Retain"}, SubnetIds=["subnet-4"])})
    assert before in {one["id"] for one in stacks.recorded("FSx::FileSystem")}


def test_resources_are_deleted_in_the_reverse_order(stacks: Any) -> None:
    stack = stacks.create({"First": files(), "Second": {**mesh(), "DependsOn": "First"}})
    identifier = stacks.describe(stack)["StackId"]
    stacks.delete(stack)
    events = stacks.cloudformation.describe_stack_events(StackName=identifier)["StackEvents"]
    deleted = [one["LogicalResourceId"] for one in reversed(events) if one["ResourceStatus"] == "DELETE_COMPLETE"]
    assert deleted[:2] == ["Second", "First"]


def test_a_change_set_says_what_is_replaced(stacks: Any) -> None:
    stack = stacks.create({"Files": files(StorageCapacity=1200)})
    changes = {}
    versions: dict[str, dict[str, Any]] = {
        "place": {"StorageCapacity": 2400},
        "anew": {"StorageCapacity": 1200, "KmsKeyId": "k"},
    }
    for name, properties in versions.items():
        stacks.cloudformation.create_change_set(
            StackName=stack, ChangeSetName=name, TemplateBody=json.dumps({"Resources": {"Files": files(**properties)}})
        )
        described = stacks.cloudformation.describe_change_set(StackName=stack, ChangeSetName=name)
        changes[name] = described["Changes"][0]["ResourceChange"]["Replacement"]
    assert changes == {"place": "False", "anew": "True"}


def test_describing_shows_recorded_resources_like_any_other(stacks: Any) -> None:
    stack = stacks.create({"Files": files(), "Queue": {"Type": "AWS::SQS::Queue"}})
    described = stacks.cloudformation.describe_stack_resources(StackName=stack)["StackResources"]
    assert {one["ResourceType"] for one in described} == {"AWS::FSx::FileSystem", "AWS::SQS::Queue"}
    template = stacks.cloudformation.get_template(StackName=stack)["TemplateBody"]
    assert template["Resources"]["Files"]["Type"] == "AWS::FSx::FileSystem"


def test_drift_of_a_recorded_resource_is_checked(stacks: Any) -> None:
    theme = {"Type": "AWS::AmplifyUIBuilder::Theme", "Properties": {"Name": "plain", "Values": []}}
    stack = stacks.create({"Theme": theme, "Address": {"Type": "AWS::EC2::EIP"}})
    detection = stacks.cloudformation.detect_stack_drift(StackName=stack)["StackDriftDetectionId"]
    done = stacks.cloudformation.describe_stack_drift_detection_status(StackDriftDetectionId=detection)
    assert done["StackDriftStatus"] == "IN_SYNC"
    drifts = stacks.cloudformation.describe_stack_resource_drifts(StackName=stack)["StackResourceDrifts"]
    found = {one["LogicalResourceId"]: one["StackResourceDriftStatus"] for one in drifts}
    assert found["Theme"] == "IN_SYNC"
    assert found.get("Address", "NOT_CHECKED") == "NOT_CHECKED"


def table(key: str, kind: str = "Table", **policies: str) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "AttributeDefinitions": [{"AttributeName": key, "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": key, "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
    }
    if kind == "GlobalTable":
        properties["Replicas"] = [{"Region": "us-east-1"}]
    return {"Type": f"AWS::DynamoDB::{kind}", "Properties": properties, **policies}


@pytest.mark.parametrize("kind", ["Table", "GlobalTable"])
def test_a_table_with_another_key_is_made_before_the_old_one_goes(stacks: Any, kind: str) -> None:
    dynamodb, failing = stacks.bench.cloud.client("dynamodb"), {"Type": "AWS::SQS::Queue"}

    def broken(key: str) -> dict[str, Any]:
        """Fails after the table is replaced."""
        late = {"Type": "AWS::SQS::Queue", "DependsOn": "Table", "Properties": {"DelaySeconds": 5000}}
        return {"Table": table(key, kind), "Late": late}

    stack = stacks.create({"Table": table("id", kind), "Late": failing})
    first = stacks.ids(stack)["Table"]
    dynamodb.put_item(TableName=first, Item={"id": {"S": "kept"}})
    retagged = table("id", kind)
    retagged["Properties"]["SSESpecification"] = {"SSEEnabled": True}
    assert stacks.update(stack, {"Table": retagged, "Late": failing}) == "UPDATE_COMPLETE", stacks.failures(stack)
    assert stacks.ids(stack)["Table"] == first  # in place, with what is in it
    assert dynamodb.scan(TableName=first)["Count"] == 1
    assert stacks.update(stack, broken("other")) == "UPDATE_ROLLBACK_COMPLETE"
    assert stacks.ids(stack)["Table"] == first
    assert dynamodb.scan(TableName=first)["Count"] == 1
    assert [one for one in dynamodb.list_tables()["TableNames"] if one.startswith(stack)] == [first]
    assert stacks.update(stack, {"Table": table("other", kind), "Late": failing}) == "UPDATE_COMPLETE"
    second = stacks.ids(stack)["Table"]
    assert dynamodb.describe_table(TableName=second)["Table"]["KeySchema"][0]["AttributeName"] == "other"
    assert [one for one in dynamodb.list_tables()["TableNames"] if one.startswith(stack)] == [second]
    retained = table("third", kind, UpdateReplacePolicy="Retain")
    assert stacks.update(stack, {"Table": retained, "Late": failing}) == "UPDATE_COMPLETE"
    assert len([one for one in dynamodb.list_tables()["TableNames"] if one.startswith(stack)]) == 2
    dynamodb.delete_table(TableName=second)


def test_a_service_that_moves_to_another_cluster_is_made_there(stacks: Any) -> None:
    def service(cluster: str) -> dict[str, Any]:
        containers = [{"Name": "c", "Image": "i", "Memory": 64}]
        made = {"Cluster": {"Ref": cluster}, "TaskDefinition": {"Ref": "Work"}, "DesiredCount": 0}
        return {
            "One": {"Type": "AWS::ECS::Cluster"},
            "Two": {"Type": "AWS::ECS::Cluster"},
            "Work": {"Type": "AWS::ECS::TaskDefinition", "Properties": {"ContainerDefinitions": containers}},
            "Service": {"Type": "AWS::ECS::Service", "Properties": made},
        }

    ecs = stacks.bench.cloud.client("ecs")
    stack = stacks.create(service("One"))
    assert stacks.update(stack, service("Two")) == "UPDATE_COMPLETE", stacks.failures(stack)
    ids = stacks.ids(stack)
    assert ecs.list_services(cluster=ids["Two"])["serviceArns"] == [ids["Service"]]
    left = ecs.list_services(cluster=ids["One"])["serviceArns"]
    assert not left or ecs.describe_services(cluster=ids["One"], services=left)["services"][0]["status"] != "ACTIVE"
