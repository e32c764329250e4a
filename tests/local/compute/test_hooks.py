"""Lifecycle hooks: who is told, who waits, and what happens when nobody answers."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from refarch.local import LocalCloud

TERMINATING, LAUNCHING = "autoscaling:EC2_INSTANCE_TERMINATING", "autoscaling:EC2_INSTANCE_LAUNCHING"
LONG = 7200  # simulated seconds, 24 real ones


def hook(compute: Any, group: str, transition: str, **settings: Any) -> str:
    name = compute.name("hook")
    compute.scaling.put_lifecycle_hook(
        AutoScalingGroupName=group, LifecycleHookName=name, LifecycleTransition=transition, **settings
    )
    return str(name)


def test_a_launch_waits_for_its_hook_and_goes_on(compute: Any) -> None:
    url, arn = compute.bench.queue()
    group = compute.group(0)
    settings = {
        "NotificationTargetARN": arn,
        "RoleARN": "arn:aws:iam::000000000000:role/x",
        "NotificationMetadata": "m",
    }
    name = hook(compute, group, LAUNCHING, HeartbeatTimeout=LONG, **settings)
    assert compute.bench.receive(url)["Event"] == "autoscaling:TEST_NOTIFICATION"
    compute.scaling.set_desired_capacity(AutoScalingGroupName=group, DesiredCapacity=1)
    message = compute.bench.receive(url)
    assert {key: message[key] for key in ("Origin", "Destination", "LifecycleTransition", "Service")} == {
        "Origin": "EC2",
        "Destination": "AutoScalingGroup",
        "LifecycleTransition": LAUNCHING,
        "Service": "AWS Auto Scaling",
    }
    assert (message["NotificationMetadata"], message["AccountId"]) == ("m", "000000000000")
    assert compute.members(group, "Pending:Wait") == [message["EC2InstanceId"]]
    described = compute.scaling.describe_lifecycle_hooks(AutoScalingGroupName=group)["LifecycleHooks"][0]
    assert (described["NotificationTargetARN"], described["DefaultResult"]) == (arn, "ABANDON")
    compute.scaling.complete_lifecycle_action(
        AutoScalingGroupName=group,
        LifecycleHookName=name,
        LifecycleActionToken=message["LifecycleActionToken"],
        LifecycleActionResult="CONTINUE",
    )
    compute.in_service(group, 1)
    with pytest.raises(ClientError, match="No active Lifecycle Action found with instance ID"):
        compute.scaling.record_lifecycle_action_heartbeat(
            AutoScalingGroupName=group, LifecycleHookName=name, InstanceId=message["EC2InstanceId"]
        )


def test_an_abandoned_launch_ends_the_instance(compute: Any) -> None:
    group = compute.group(0)
    kind = {"source": ["aws.autoscaling"], "detail-type": ["EC2 Instance-launch Lifecycle Action"]}
    seen = compute.watch(kind | {"detail": {"AutoScalingGroupName": [group]}})
    name = hook(compute, group, LAUNCHING, HeartbeatTimeout=LONG)
    compute.scaling.set_desired_capacity(AutoScalingGroupName=group, DesiredCapacity=1)
    instance = compute.bench.receive(seen)["detail"]["EC2InstanceId"]
    compute.scaling.delete_lifecycle_hook(AutoScalingGroupName=group, LifecycleHookName=name)
    compute.scaling.complete_lifecycle_action(
        AutoScalingGroupName=group,
        LifecycleHookName=name,
        InstanceId=instance,
        LifecycleActionResult="ABANDON",
    )
    assert instance not in compute.in_service(group, 1)
    assert compute.instance(instance)["State"]["Name"] == "terminated"
    activities = compute.scaling.describe_scaling_activities(AutoScalingGroupName=group)["Activities"]
    assert "Failed" in {activity["StatusCode"] for activity in activities}


def test_a_hook_that_nobody_completes_takes_its_default_after_its_time(compute: Any) -> None:
    group = compute.group(1)
    hook(compute, group, TERMINATING, HeartbeatTimeout=120, DefaultResult="CONTINUE")
    [instance] = compute.members(group)
    began = time.monotonic()
    compute.scaling.terminate_instance_in_auto_scaling_group(InstanceId=instance, ShouldDecrementDesiredCapacity=True)
    compute.until(lambda: compute.members(group, "Terminating:Wait") == [instance])
    compute.until(lambda: compute.described(group)["Instances"] == [])
    assert time.monotonic() - began >= 120 / 300
    assert compute.instance(instance)["State"]["Name"] == "terminated"


def test_a_heartbeat_gives_more_time(compute: Any) -> None:
    group = compute.group(1)
    name = hook(compute, group, TERMINATING, HeartbeatTimeout=600, DefaultResult="CONTINUE")
    [instance] = compute.members(group)
    compute.scaling.terminate_instance_in_auto_scaling_group(InstanceId=instance, ShouldDecrementDesiredCapacity=True)
    compute.until(lambda: compute.members(group, "Terminating:Wait") == [instance])
    began = time.monotonic()
    while time.monotonic() - began < 600 / 300 + 0.5:
        compute.scaling.record_lifecycle_action_heartbeat(
            AutoScalingGroupName=group, LifecycleHookName=name, InstanceId=instance
        )
        time.sleep(0.2)
    assert compute.members(group, "Terminating:Wait") == [instance]
    compute.scaling.complete_lifecycle_action(
        AutoScalingGroupName=group, LifecycleHookName=name, InstanceId=instance, LifecycleActionResult="CONTINUE"
    )
    compute.until(lambda: compute.described(group)["Instances"] == [])


def test_the_topic_of_a_group_hears_of_launches(compute: Any) -> None:
    sns, sqs = compute.cloud.client("sns"), compute.bench.queue()
    topic = sns.create_topic(Name=compute.name("topic"))["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=sqs[1])
    group = compute.group(0)
    compute.scaling.put_notification_configuration(
        AutoScalingGroupName=group, TopicARN=topic, NotificationTypes=["autoscaling:EC2_INSTANCE_LAUNCH"]
    )
    compute.scaling.set_desired_capacity(AutoScalingGroupName=group, DesiredCapacity=1)
    told = json.loads(compute.bench.receive(sqs[0])["Message"])
    assert (told["Event"], told["AutoScalingGroupName"]) == ("autoscaling:EC2_INSTANCE_LAUNCH", group)


def test_the_role_of_a_hook_is_asked_with_permissions_on(tmp_path: Any, until: Any) -> None:
    with LocalCloud.start(directory=tmp_path, clock_factor=300, enforce_permissions=True) as cloud:
        scaling, sqs, iam = cloud.client("autoscaling"), cloud.client("sqs"), cloud.client("iam")
        url = sqs.create_queue(QueueName="told")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        trust = {"Effect": "Allow", "Principal": {"Service": "autoscaling.amazonaws.com"}, "Action": "sts:AssumeRole"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        role = iam.create_role(RoleName="hook", AssumeRolePolicyDocument=policy)["Role"]["Arn"]
        made = cloud.client("ec2").create_launch_template(
            LaunchTemplateName="t", LaunchTemplateData={"ImageId": "ami-1"}
        )
        wanted = {"LaunchTemplateId": made["LaunchTemplate"]["LaunchTemplateId"]}
        scaling.create_auto_scaling_group(
            AutoScalingGroupName="g", MinSize=0, MaxSize=1, LaunchTemplate=wanted, AvailabilityZones=["us-east-1a"]
        )

        def put(name: str) -> None:
            scaling.put_lifecycle_hook(
                AutoScalingGroupName="g",
                LifecycleHookName=name,
                LifecycleTransition="autoscaling:EC2_INSTANCE_TERMINATING",
                NotificationTargetARN=arn,
                RoleARN=role,
            )

        put("denied")
        until(lambda: "not authorized to perform: sqs:SendMessage" in cloud.folder.log_file.read_text())
        grant = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": arn}
        document = json.dumps({"Version": "2012-10-17", "Statement": [grant]})
        iam.put_role_policy(RoleName="hook", PolicyName="p", PolicyDocument=document)
        put("allowed")
        first = until(lambda: sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1).get("Messages"))
        assert json.loads(first[0]["Body"])["Event"] == "autoscaling:TEST_NOTIFICATION"
        assert sqs.receive_message(QueueUrl=url).get("Messages") is None
