"""Properties that the emulator's own handlers drop, set afterwards through the service's API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from refarch.local.resources import api_calls
from refarch.local.resources.dropped_settings import DROPPED, bucket_lifecycle

Properties = dict[str, Any]


def bucket_tags(name: str, old: Properties, new: Properties) -> None:
    """A bucket's tags; among them is the one without which the CDK does not empty a bucket."""
    if old.get("Tags") == new.get("Tags"):
        return
    s3 = api_calls.client("s3")
    tags = [{"Key": tag["Key"], "Value": str(tag.get("Value", ""))} for tag in new.get("Tags") or []]
    if tags:
        s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": tags})
    else:
        s3.delete_bucket_tagging(Bucket=name)


def bucket(name: str, old: Properties, new: Properties) -> None:
    bucket_tags(name, old, new)
    bucket_lifecycle(name, old, new)


def targets(arn: str, old: Properties, new: Properties) -> None:
    """The targets that a target group names itself: a function, an address, an instance."""
    before, after = _targets(old), _targets(new)
    balancing = api_calls.client("elbv2")
    gone = [target for target in before if target not in after]
    if gone:
        balancing.deregister_targets(TargetGroupArn=arn, Targets=gone)
    if after and after != before:
        balancing.register_targets(TargetGroupArn=arn, Targets=after)


def _targets(properties: Properties) -> list[dict[str, Any]]:
    return [
        {"Id": target["Id"]}
        | ({"Port": int(target["Port"])} if "Port" in target else {})
        | ({"AvailabilityZone": target["AvailabilityZone"]} if "AvailabilityZone" in target else {})
        for target in properties.get("Targets") or []
    ]


def request_validator(identifier: str, old: Properties, new: Properties) -> None:
    """A method's request validator."""
    if old.get("RequestValidatorId") == new.get("RequestValidatorId"):
        return
    change = {"op": "replace", "path": "/requestValidatorId", "value": new.get("RequestValidatorId") or ""}
    api_calls.client("apigateway").update_method(
        restApiId=new["RestApiId"], resourceId=new["ResourceId"], httpMethod=new["HttpMethod"], patchOperations=[change]
    )


def stream_shards(name: str, old: Properties, new: Properties) -> None:
    """Another number of shards: the records stay in the closed ones."""
    if old and new.get("ShardCount") and old.get("ShardCount") != new["ShardCount"]:
        api_calls.client("kinesis").update_shard_count(
            StreamName=name, TargetShardCount=int(new["ShardCount"]), ScalingType="UNIFORM_SCALING"
        )


COMPLETIONS: dict[str, Callable[[str, Properties, Properties], None]] = {
    "AWS::ApiGateway::Method": request_validator,
    "AWS::ElasticLoadBalancingV2::TargetGroup": targets,
    "AWS::Kinesis::Stream": stream_shards,
    "AWS::S3::Bucket": bucket,
    **DROPPED,
}
