"""What must not come back into a template, whatever the packs of rules say about it."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import cfnlint
import pytest

from refarch.gate.policy.actions import resource_types
from refarch.gate.schemas import create_only

LIFECYCLE = Path(cfnlint.__file__).parent / "data" / "AdditionalSpecs" / "LmbdRuntimeLifecycle.json"
# Functions that the CDK brings along for its own custom resources. Their code and settings are the CDK's.
OF_THE_CDK = ("BucketNotificationsHandler", "CustomCDKBucketDeployment", "CustomVpcRestrictDefaultSG")
KEPT_TYPES = ("AWS::S3::Bucket", "AWS::Logs::LogGroup", "AWS::KMS::Key")
NAMES_OF_WHAT_EXISTS = {
    ("AWS::AutoScaling::LifecycleHook", "AutoScalingGroupName"),
    ("AWS::Backup::BackupVault", "BackupVaultName"),  # required; the CDK makes one of the stack's name
    ("AWS::ElastiCache::ServerlessCache", "ServerlessCacheName"),  # required; made of the construct's own address
    ("AWS::RDS::DBCluster", "DatabaseName"),  # of a database inside, not of the cluster
    ("AWS::RDS::DBInstance", "DBName"),
    ("AWS::Route53::RecordSet", "Name"),
}
# The CDK lets the agent of ECS submit states with one wildcard for three actions (see SpotCluster).
OF_THE_ECS_AGENT = {"ecs:Submit*"}
# And lets it write to the logs of services that come later.
LOGS_OF_THE_ECS_AGENT = {"logs:CreateLogStream", "logs:PutLogEvents"}


def functions(synthesized: Any) -> dict[str, dict[str, Any]]:
    found = synthesized.resources("AWS::Lambda::Function").items()
    return {name: each["Properties"] for name, each in found if not name.startswith(OF_THE_CDK)}


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def statements(synthesized: Any, *types: str) -> list[dict[str, Any]]:
    documents = [each["Properties"].get("PolicyDocument", {}) for each in synthesized.resources(*types).values()]
    return [statement for document in documents for statement in listed(document.get("Statement", []))]


def target(reference: Any) -> str:
    return str(reference.get("Ref") or reference["Fn::GetAtt"][0])


def test_no_launch_configuration(synthesized: Any) -> None:
    assert synthesized.resources("AWS::AutoScaling::LaunchConfiguration") == {}


def test_every_function_says_its_architecture_and_its_log_group(synthesized: Any) -> None:
    """Without an architecture Lambda takes x86, a quarter dearer; without a log group it makes one that never ends."""
    groups = synthesized.resources("AWS::Logs::LogGroup")
    for properties in functions(synthesized).values():
        assert properties["Architectures"] == ["arm64"]
        assert groups[target(properties["LoggingConfig"]["LogGroup"])]["Properties"]["RetentionInDays"] == 30


def test_the_layer_is_of_the_functions_architecture(synthesized: Any) -> None:
    for properties in functions(synthesized).values():
        assert "python313-arm64:" in json.dumps(properties.get("Layers", "none: python313-arm64:"))


def test_no_runtime_ends_within_half_a_year(synthesized: Any) -> None:
    ends = json.loads(LIFECYCLE.read_text())
    runtimes = {each["Properties"]["Runtime"] for each in synthesized.resources("AWS::Lambda::Function").values()}
    soon = date.today() + timedelta(days=180)
    assert {
        name: ends[name]["deprecated"] for name in runtimes if date.fromisoformat(ends[name]["deprecated"]) < soon
    } == {}


def test_no_resource_has_a_name_of_its_own(synthesized: Any) -> None:
    """A name makes a second stack, and every replacement, fail. Names of resources that exist are no names given."""
    named = {
        f"{name}.{path[0]}"
        for name, resource in synthesized.resources().items()
        for path in create_only(resource["Type"])
        if (resource["Type"], path[0]) not in NAMES_OF_WHAT_EXISTS
        if len(path) == 1 and path[0].endswith("Name") and isinstance(resource.get("Properties", {}).get(path[0]), str)
    }
    assert named == set()


def test_what_holds_data_is_kept_both_when_deleted_and_when_replaced(synthesized: Any) -> None:
    removed = synthesized.name.endswith("everything")
    policies = {
        each[key]
        for name, each in synthesized.resources(*KEPT_TYPES).items()
        if not name.startswith(OF_THE_CDK)
        for key in ("DeletionPolicy", "UpdateReplacePolicy")
    }
    assert policies == ({"Delete"} if removed else {"Retain"})


def test_every_bucket_is_private_and_speaks_tls_only(synthesized: Any) -> None:
    refusing = {
        target(each["Properties"]["Bucket"])
        for each in synthesized.resources("AWS::S3::BucketPolicy").values()
        if any(refuses_plain_http(statement) for statement in each["Properties"]["PolicyDocument"]["Statement"])
    }
    for name, bucket in synthesized.resources("AWS::S3::Bucket").items():
        blocked = bucket["Properties"]["PublicAccessBlockConfiguration"]
        assert len(blocked) == 4
        assert all(blocked.values())
        assert "BucketEncryption" in bucket["Properties"]
        assert name in refusing


def refuses_plain_http(statement: dict[str, Any]) -> bool:
    secure = statement.get("Condition", {}).get("Bool", {}).get("aws:SecureTransport")
    return statement["Effect"] == "Deny" and secure == "false"


def test_every_queue_is_encrypted_and_speaks_tls_only(synthesized: Any) -> None:
    policies = synthesized.resources("AWS::SQS::QueuePolicy").values()
    refusing = {
        target(queue)
        for each in policies
        for queue in each["Properties"]["Queues"]
        if any(refuses_plain_http(statement) for statement in each["Properties"]["PolicyDocument"]["Statement"])
    }
    queues = synthesized.resources("AWS::SQS::Queue")
    assert set(queues) == refusing
    assert all(queue["Properties"]["SqsManagedSseEnabled"] for queue in queues.values())


def test_a_queue_that_a_function_reads_has_a_dead_letter_queue_and_outlasts_the_function(synthesized: Any) -> None:
    for mapping in synthesized.resources("AWS::Lambda::EventSourceMapping").values():
        queue = synthesized.resources()[target(mapping["Properties"]["EventSourceArn"])]["Properties"]
        function = functions(synthesized)[target(mapping["Properties"]["FunctionName"])]
        assert queue["VisibilityTimeout"] >= function["Timeout"]
        assert queue["RedrivePolicy"]["maxReceiveCount"] >= 5  # fewer, and throttling alone loses messages
        assert mapping["Properties"]["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_no_action_has_a_wildcard(synthesized: Any) -> None:
    policies = synthesized.resources("AWS::IAM::Policy").items()
    ours = [
        each["Properties"]["PolicyDocument"]["Statement"] for name, each in policies if not name.startswith(OF_THE_CDK)
    ]
    allowed = [each for listing in ours for each in listed(listing) if each["Effect"] == "Allow"]
    assert len(allowed) >= 5
    wild = {action for each in allowed for action in listed(each["Action"]) if "*" in action}
    assert wild <= (OF_THE_ECS_AGENT if synthesized.resources("AWS::ECS::Cluster") else set())
    assert [each for each in allowed if "NotAction" in each or "NotResource" in each] == []


def test_no_statement_is_for_every_resource_but_those_that_know_none(synthesized: Any) -> None:
    everywhere = {
        action
        for each in statements(synthesized, "AWS::IAM::Policy")
        if "*" in listed(each["Resource"]) and "Condition" not in each
        for action in listed(each["Action"])
        if resource_types(action)
    }
    assert everywhere <= (LOGS_OF_THE_ECS_AGENT if synthesized.resources("AWS::ECS::Cluster") else set())


def test_who_may_send_or_invoke_is_bound_to_its_source(synthesized: Any) -> None:
    for permission in synthesized.resources("AWS::Lambda::Permission").values():
        assert {"SourceArn", "SourceAccount"} & set(permission["Properties"])
    for statement in statements(synthesized, "AWS::SQS::QueuePolicy"):
        if statement["Effect"] == "Allow":
            [(_, keys)] = statement["Condition"].items()
            assert "aws:SourceArn" in keys


def test_no_two_statements_of_a_policy_share_a_sid(synthesized: Any, stranger: Any) -> None:
    """IAM refuses such a policy, at deployment."""
    for each in [*synthesized.resources("AWS::IAM::Policy").values(), *stranger.resources("AWS::IAM::Policy").values()]:
        sids = [
            statement["Sid"] for statement in each["Properties"]["PolicyDocument"]["Statement"] if "Sid" in statement
        ]
        assert len(sids) == len(set(sids))


@pytest.mark.parametrize("kind", ["Export", "Fn::ImportValue", "Fn::GetStackOutput"])
def test_no_stack_leans_on_another(synthesized: Any, kind: str) -> None:
    """Otherwise a stack that is built alone would lose what the others need of it."""
    assert f'"{kind}"' not in json.dumps(synthesized.template)


def test_alarms_may_publish_to_the_topics_they_name(synthesized: Any) -> None:
    """A topic's own policy (TLS only, say) takes the place of SNS's default, by which an account's alarms publish."""
    named = {
        target(action)
        for alarm in synthesized.resources("AWS::CloudWatch::Alarm").values()
        for action in alarm["Properties"].get("AlarmActions", [])
        if isinstance(action, dict)
    }
    policies = synthesized.resources("AWS::SNS::TopicPolicy").values()
    ruled = {target(topic) for policy in policies for topic in policy["Properties"]["Topics"]}
    allowed = {
        target(topic)
        for policy in policies
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow" and "cloudwatch.amazonaws.com" in json.dumps(statement["Principal"])
        for topic in policy["Properties"]["Topics"]
    }
    assert (named & ruled) - allowed == set()
