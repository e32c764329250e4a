"""The whole engine through boto3 against the emulator: the fakes of the other tests are our own reading of AWS."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest

from refarch.local import LocalCloud, adapter
from refarch_lambdas.interruptions.assembly import actions_of, ledger_of
from refarch_lambdas.interruptions.events import parse_event
from refarch_lambdas.interruptions.responder import Report, Responder
from refarch_lambdas.interruptions.settings import Settings
from tests.lambdas.interruptions import corpus
from tests.lambdas.interruptions.test_ledger import SCHEMA

if adapter.installed_version() is None:
    pytest.skip("needs the extra `local`", allow_module_level=True)


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    with LocalCloud.start(directory=tmp_path_factory.mktemp("cloud")) as cloud:
        yield cloud


def fleet(cloud: LocalCloud) -> tuple[list[str], str, str]:
    """Two instances in a target group (on a port of their own choice) and in a cluster: (ids, group, cluster)."""
    ec2, balancing, ecs = (cloud.client(name) for name in ("ec2", "elbv2", "ecs"))
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    made = balancing.create_target_group(Name="web", Protocol="HTTP", Port=80, VpcId=vpc, TargetType="instance")
    group = made["TargetGroups"][0]["TargetGroupArn"]
    started = ec2.run_instances(ImageId="ami-12345678", MinCount=2, MaxCount=2, InstanceType="t3.micro")["Instances"]
    ids = [each["InstanceId"] for each in started]
    ec2.create_tags(Resources=ids, Tags=[{"Key": "loadBalancerTargetGroup", "Value": group}])
    balancing.register_targets(TargetGroupArn=group, Targets=[{"Id": each, "Port": 8080} for each in ids])
    cluster = ecs.create_cluster(clusterName="web")["cluster"]["clusterArn"]
    for each in ids:
        document = json.dumps({"instanceId": each, "region": corpus.REGION, "accountId": "000000000000"})
        ecs.register_container_instance(cluster=cluster, instanceIdentityDocument=document)
    return ids, group, cluster


def answer(cloud: LocalCloud, settings: Settings, instance: str) -> Report:
    [interruption] = parse_event(corpus.notice(instance))
    parts = (actions_of(settings, cloud.client), ledger_of(settings, cloud.client))
    responder = Responder(settings, cloud.client, *parts, region=corpus.REGION, sleep=lambda _: None)
    return responder.respond(interruption, owner="request", deadline=time.time() + 50)


def test_exactly_that_instance_leaves_exactly_its_group_and_drains_once(cloud: LocalCloud) -> None:
    (gone, stays), group, cluster = fleet(cloud)
    cloud.client("dynamodb").create_table(TableName="log", **SCHEMA)
    topic = cloud.client("sns").create_topic(Name="told")["TopicArn"]
    settings = Settings(clusters=(cluster,), topic=topic, table="log")
    reports = [answer(cloud, settings, gone) for _ in range(2)]
    assert [(each.verdict, each.problems) for each in reports] == [("handled", ()), ("duplicate", ())]
    assert set(reports[0].outcomes) == {"deregister", "drain", "notify"}
    health = cloud.client("elbv2").describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
    in_service = {each["Target"]["Id"] for each in health if each["TargetHealth"]["State"] != "draining"}
    assert in_service == {stays}
    ecs = cloud.client("ecs")
    arns = ecs.list_container_instances(cluster=cluster)["containerInstanceArns"]
    found = ecs.describe_container_instances(cluster=cluster, containerInstances=arns)["containerInstances"]
    assert {each["ec2InstanceId"]: each["status"] for each in found} == {gone: "DRAINING", stays: "ACTIVE"}
    [item] = cloud.client("dynamodb").scan(TableName="log")["Items"]
    assert (item["instanceId"]["S"], item["state"]["S"], item["attempts"]["N"]) == (gone, "done", "2")
