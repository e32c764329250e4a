"""A deployed EcsSpot and what is seen of it from outside, as its rehearsal uses it."""

from __future__ import annotations

import json
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from refarch.local import LocalCloud
from rehearsals.stage import cdk

STACK = "EcsSpot"
FUNCTION = f"{STACK}-ResponderFunction"


@dataclass
class DeployedEcsSpot:
    """The outputs of a deployed stack, and the clients that look at it."""

    cloud: LocalCloud
    outputs: dict[str, str]

    @classmethod
    def deploy(cls, cloud: LocalCloud, **settings: object) -> DeployedEcsSpot:
        context = [f"-c={STACK}.{name}={value}" for name, value in settings.items()]
        cdk(cloud, "deploy", STACK, f"-c=only={STACK}", *context, "--exclusively", "--require-approval", "never")
        [stack] = cloud.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"]
        return cls(cloud, {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]})

    @property
    def cluster(self) -> str:
        return self.outputs["ecsClusterName"]

    @property
    def group(self) -> str:
        return self.outputs["spotFleetRequestId"]

    def containers(self) -> dict[str, str]:
        """EC2 instance id to the state of its container instance."""
        ecs = self.cloud.client("ecs")
        arns = ecs.list_container_instances(cluster=self.cluster)["containerInstanceArns"]
        if not arns:
            return {}
        found = ecs.describe_container_instances(cluster=self.cluster, containerInstances=arns)["containerInstances"]
        return {each["ec2InstanceId"]: each["status"] for each in found}

    def draining(self) -> set[str]:
        return {instance for instance, status in self.containers().items() if status == "DRAINING"}

    def service(self) -> dict[str, Any]:
        ecs = self.cloud.client("ecs")
        arns = ecs.list_services(cluster=self.cluster)["serviceArns"]
        service: dict[str, Any] = ecs.describe_services(cluster=self.cluster, services=arns)["services"][0]
        return service

    def serving(self) -> set[str]:
        """The instances that stand behind the load balancer's healthy targets, as their own answers say."""
        elb, group = self.cloud.client("elbv2"), self.outputs["loadBalancerTargetGroup"]
        rows = elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
        healthy = [row["Target"] for row in rows if row["TargetHealth"]["State"] == "healthy"]
        return {_answer(f"http://{target['Id']}:{target['Port']}/") for target in healthy}

    def healthy_tasks(self) -> int:
        elb, group = self.cloud.client("elbv2"), self.outputs["loadBalancerTargetGroup"]
        rows = elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
        return sum(row["TargetHealth"]["State"] == "healthy" for row in rows)

    def ask(self) -> str:
        """Which instance answers through the load balancer. Raises `OSError` where none does."""
        host = self.outputs["loadBalancer"].partition("://")[2]
        return _answer(self.cloud.endpoint_url, Host=host)

    def instances(self, group: str = "") -> dict[str, dict[str, Any]]:
        """The instances in service of an Auto Scaling group (default: the Spot group), as EC2 knows them."""
        scaling, ec2 = self.cloud.client("autoscaling"), self.cloud.client("ec2")
        [found] = scaling.describe_auto_scaling_groups(AutoScalingGroupNames=[group or self.group])["AutoScalingGroups"]
        ids = [each["InstanceId"] for each in found["Instances"] if each["LifecycleState"] == "InService"]
        if not ids:
            return {}
        reservations = ec2.describe_instances(InstanceIds=ids)["Reservations"]
        return {each["InstanceId"]: each for found in reservations for each in found["Instances"]}

    def notice(self, instance: str, event_id: str) -> dict[str, Any]:
        """The event of EC2 for an instance: sent, it warns, and nothing ends."""
        return {
            "version": "0",
            "id": event_id,
            "detail-type": "EC2 Spot Instance Interruption Warning",
            "source": "aws.ec2",
            "account": "000000000000",
            "time": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
            "region": "us-east-1",
            "resources": [f"arn:aws:ec2:us-east-1a:instance/{instance}"],
            "detail": {"instance-id": instance, "instance-action": "terminate"},
        }

    def emit(self, event: dict[str, Any]) -> None:
        body = json.dumps(event).encode()
        request = urllib.request.Request(f"{self.cloud.endpoint_url}/_refarch/emit", data=body)  # noqa: S310
        urllib.request.urlopen(request, timeout=10).close()  # noqa: S310

    def log_items(self, instance: str) -> list[dict[str, Any]]:
        """What the interruption log has of an instance: plain values, by action what was done."""
        found = self.cloud.client("dynamodb").query(
            TableName=self.outputs["interruptionLog"],
            KeyConditionExpression="instanceId = :instance",
            ExpressionAttributeValues={":instance": {"S": instance}},
            ConsistentRead=True,
        )
        return [{name: _plain(value) for name, value in item.items()} for item in found["Items"]]

    def notices_today(self) -> list[str]:
        """The instances that had a notice today, from the log's index by day."""
        found = self.cloud.client("dynamodb").query(
            TableName=self.outputs["interruptionLog"],
            IndexName="ByDay",
            KeyConditionExpression="#day = :day",
            FilterExpression="#signal = :notice",
            ExpressionAttributeNames={"#day": "day", "#signal": "signal"},
            ExpressionAttributeValues={":day": {"S": f"{datetime.now(UTC):%Y-%m-%d}"}, ":notice": {"S": "notice"}},
        )
        return [str(_plain(item["instanceId"])) for item in found["Items"]]

    def verdicts(self) -> Counter[str]:
        """How often the responder came to each verdict, as its own log tells."""
        name = next(
            each["FunctionName"]
            for each in self.cloud.client("lambda").list_functions()["Functions"]
            if each["FunctionName"].startswith(FUNCTION)
        )
        lines = [_json(line) for line in self.cloud.function_log(name)]
        return Counter(str(line["verdict"]) for line in lines if line.get("message") == "interruption")

    @cached_property
    def mailbox(self) -> Mailbox:
        return Mailbox(self.cloud, self.outputs["snsTopic"])


class Mailbox:
    """A queue subscribed to a topic: what people would read."""

    def __init__(self, cloud: LocalCloud, topic: str) -> None:
        self._sqs = cloud.client("sqs")
        self._url = self._sqs.create_queue(QueueName="mailbox")["QueueUrl"]
        arn = self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        allowed = {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": arn,
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
        self._sqs.set_queue_attributes(QueueUrl=self._url, Attributes={"Policy": policy})
        cloud.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
        self._read: list[dict[str, Any]] = []

    def about(self, instance: str, signal: str = "notice") -> list[dict[str, Any]]:
        """The messages of the responder about an instance so far."""
        while found := self._sqs.receive_message(QueueUrl=self._url, MaxNumberOfMessages=10).get("Messages"):
            for each in found:
                self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=each["ReceiptHandle"])
                self._read.append(_json(_json(each["Body"]).get("Message", "")))
        return [each for each in self._read if (each.get("instance"), each.get("signal")) == (instance, signal)]


@dataclass
class Visitors:
    """Ask the service again and again, and count what comes back."""

    deployed: DeployedEcsSpot
    answers: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Visitors:
        self._thread = threading.Thread(target=self._visit, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _visit(self) -> None:
        while not self._stop.is_set():
            try:
                self.answers[self.deployed.ask()] += 1
            except OSError as error:
                self.failures.append(f"{time.strftime('%H:%M:%S')} {error}")
            time.sleep(0.05)


def _answer(url: str, **headers: str) -> str:
    """The instance in `hello from <instance>`."""
    try:
        request = urllib.request.Request(url, headers=headers)  # noqa: S310 (the local cloud's own)
        with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310
            text: str = answer.read().decode().strip()
    except urllib.error.HTTPError as error:
        raise OSError(f"{error.code}: {error.read().decode()[:200]}") from error
    if not text.startswith("hello from i-"):
        raise OSError(f"answered {text!r}")
    return text.removeprefix("hello from ")


def _plain(value: dict[str, Any]) -> Any:
    [(kind, inner)] = value.items()
    match kind:
        case "M":
            return {name: _plain(each) for name, each in inner.items()}
        case "L":
            return [_plain(each) for each in inner]
        case "N":
            return float(inner)
    return inner


def _json(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
