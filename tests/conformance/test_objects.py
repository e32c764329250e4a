"""Buckets, tables and streams: what they tell, and to whom."""

from __future__ import annotations

import json
import urllib.request
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

from tests.conformance.declared import behaviour
from tests.conformance.observing import World, until

GROUP = "S3"


def put(world: World, key: str, body: bytes = b"text") -> None:
    world.client("s3").put_object(Bucket=world.of("Objects", "Bucket"), Key=key, Body=body)


@behaviour(GROUP)
def test_s3_to_lambda_with_filters(world: World) -> None:
    """S3 notification to a Lambda function, with prefix and suffix.

    Of three objects only the one that fits both invokes the function; its key arrives URL-encoded.
    """
    mark = uuid4().hex
    for key in (f"in/{mark} a.txt", f"out/{mark}.csv", f"in/{mark} b.csv"):
        put(world, key)
    event = world.saw("Objects", "OnCsv", mark)
    assert event["Records"][0]["s3"]["object"]["key"] == f"in/{mark}+b.csv"
    assert event["Records"][0]["eventName"] == "ObjectCreated:Put"
    assert sum(mark in json.dumps(one) for one in world.seen("Objects", "OnCsv")) == 1


@behaviour(GROUP)
def test_s3_to_sqs(world: World) -> None:
    """S3 notification to a queue.

    The message holds bucket, key, size and ETag of the object.
    """
    mark = uuid4().hex
    put(world, f"queued/{mark}", b"12345")
    record = json.loads(world.receive(world.of("Objects", "OnQueued"), mark)["Body"])["Records"][0]
    assert record["s3"]["object"]["size"] == 5
    assert record["s3"]["bucket"]["name"] == world.of("Objects", "Bucket")


@behaviour(GROUP)
def test_s3_removal_to_sns(world: World) -> None:
    """S3 notification of a removal to a topic, and on to a queue.

    The topic's envelope holds the event `ObjectRemoved:Delete`.
    """
    key = f"removed/{uuid4().hex}"
    put(world, key)
    world.client("s3").delete_object(Bucket=world.of("Objects", "Bucket"), Key=key)
    envelope = json.loads(world.receive(world.of("Objects", "OnRemoved"), key)["Body"])
    assert json.loads(envelope["Message"])["Records"][0]["eventName"].startswith("ObjectRemoved:Delete")


@behaviour(GROUP)
def test_s3_to_eventbridge(world: World) -> None:
    """S3 to EventBridge, matched by bucket and key prefix.

    `Object Created` of source aws.s3 arrives for the key that fits, and for no other.
    """
    mark = uuid4().hex
    put(world, f"elsewhere/{mark}")
    put(world, f"bridge/{mark}")
    event = json.loads(world.receive(world.of("Objects", "OnBridged"), mark)["Body"])
    assert (event["source"], event["detail-type"]) == ("aws.s3", "Object Created")
    assert event["detail"]["object"]["key"] == f"bridge/{mark}"


@behaviour(GROUP)
def test_s3_versions(world: World) -> None:
    """A versioned bucket keeps what was overwritten and deleted.

    Two versions and a delete marker are listed; the first version can still be read; the lifecycle rule is described.
    """
    s3, bucket, key = world.client("s3"), world.of("Objects", "Versioned"), uuid4().hex
    first = s3.put_object(Bucket=bucket, Key=key, Body=b"one")["VersionId"]
    s3.put_object(Bucket=bucket, Key=key, Body=b"two")
    s3.delete_object(Bucket=bucket, Key=key)
    told = s3.list_object_versions(Bucket=bucket, Prefix=key)
    assert (len(told["Versions"]), len(told["DeleteMarkers"])) == (2, 1)
    assert s3.get_object(Bucket=bucket, Key=key, VersionId=first)["Body"].read() == b"one"
    assert s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"][0]["Expiration"] == {"Days": 30}


@behaviour(GROUP)
def test_s3_conditional_write(world: World) -> None:
    """Conditional writes: create only, and only over a known ETag.

    The second `If-None-Match: *` and a stale `If-Match` are refused with 412.
    """
    s3, bucket, key = world.client("s3"), world.of("Objects", "Versioned"), uuid4().hex
    etag = s3.put_object(Bucket=bucket, Key=key, Body=b"1", IfNoneMatch="*")["ETag"]
    with pytest.raises(ClientError, match="PreconditionFailed"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"2", IfNoneMatch="*")
    s3.put_object(Bucket=bucket, Key=key, Body=b"3", IfMatch=etag)
    with pytest.raises(ClientError, match="PreconditionFailed"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"4", IfMatch=etag)


@behaviour(GROUP)
def test_s3_multipart_and_presigned(world: World) -> None:
    """A multipart upload, read in a range and through a presigned URL.

    The ETag counts its two parts; a range across the border of the parts is right; plain HTTP reads the whole.
    """
    s3, bucket, key = world.client("s3"), world.of("Objects", "Versioned"), uuid4().hex
    upload = s3.create_multipart_upload(Bucket=bucket, Key=key)["UploadId"]
    named = {"Bucket": bucket, "Key": key, "UploadId": upload}
    bodies = (b"a" * 5_242_880, b"b" * 10)
    parts = [
        {"PartNumber": number, "ETag": s3.upload_part(PartNumber=number, Body=body, **named)["ETag"]}
        for number, body in enumerate(bodies, 1)
    ]
    done = s3.complete_multipart_upload(MultipartUpload={"Parts": parts}, **named)
    assert done["ETag"].strip('"').endswith("-2")
    assert s3.get_object(Bucket=bucket, Key=key, Range="bytes=5242879-5242881")["Body"].read() == b"abb"
    address = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": key})
    with urllib.request.urlopen(address) as answer:
        assert len(answer.read()) == 5_242_890


@behaviour("DynamoDB")
def test_dynamodb_conditions(world: World) -> None:
    """Conditional puts and updates, atomic counters, and transactions that fail as a whole.

    The condition that does not hold raises `ConditionalCheckFailedException`; of a cancelled transaction nothing stays.
    """
    table, mark = world.of("Objects", "Table"), uuid4().hex
    client = world.client("dynamodb")
    item = {"id": {"S": mark}, "count": {"N": "1"}}
    client.put_item(TableName=table, Item=item, ConditionExpression="attribute_not_exists(id)")
    with pytest.raises(client.exceptions.ConditionalCheckFailedException):
        client.put_item(TableName=table, Item=item, ConditionExpression="attribute_not_exists(id)")
    told = client.update_item(
        TableName=table,
        Key={"id": {"S": mark}},
        UpdateExpression="ADD #count :two",
        ExpressionAttributeNames={"#count": "count"},
        ExpressionAttributeValues={":two": {"N": "2"}},
        ReturnValues="UPDATED_NEW",
    )
    assert told["Attributes"] == {"count": {"N": "3"}}
    puts = [{"TableName": table, "Item": {"id": {"S": f"{mark}-other"}}}]
    puts.append({"TableName": table, "Item": item, "ConditionExpression": "attribute_not_exists(id)"})
    with pytest.raises(client.exceptions.TransactionCanceledException):
        client.transact_write_items(TransactItems=[{"Put": put} for put in puts])
    assert "Item" not in client.get_item(TableName=table, Key={"id": {"S": f"{mark}-other"}})


@behaviour("DynamoDB")
def test_dynamodb_index(world: World) -> None:
    """A global secondary index with a sort key.

    A query by colour and minimal size gives the items in the order of their size.
    """
    client, table, color = world.client("dynamodb"), world.of("Objects", "Table"), uuid4().hex
    for size in (5, 1, 9):
        client.put_item(
            TableName=table, Item={"id": {"S": f"{color}{size}"}, "color": {"S": color}, "size": {"N": str(size)}}
        )
    told = client.query(
        TableName=table,
        IndexName="by-color",
        KeyConditionExpression="color = :color AND size > :least",
        ExpressionAttributeValues={":color": {"S": color}, ":least": {"N": "3"}},
        ScanIndexForward=False,
    )
    assert [item["size"]["N"] for item in told["Items"]] == ["9", "5"]


@behaviour("DynamoDB")
def test_dynamodb_stream_to_lambda(world: World) -> None:
    """A table's stream invokes a function with both images.

    The change arrives as MODIFY with the item as it was and as it is; TTL is described as enabled.
    """
    client, table, mark = world.client("dynamodb"), world.of("Objects", "Table"), uuid4().hex
    for word in ("before", "after"):
        client.put_item(TableName=table, Item={"id": {"S": mark}, "word": {"S": word}})

    def modified() -> list[dict[str, object]]:
        records = [record for event in world.seen("Objects", "OnChange") for record in event["Records"]]
        return [r["dynamodb"] for r in records if r["eventName"] == "MODIFY" and mark in json.dumps(r)]

    change = until(modified)[0]
    assert (change["OldImage"]["word"], change["NewImage"]["word"]) == ({"S": "before"}, {"S": "after"})
    ttl = client.describe_time_to_live(TableName=table)["TimeToLiveDescription"]
    assert ttl == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires"}


@behaviour("DynamoDB")
def test_dynamodb_stream_filter(world: World) -> None:
    """An event source mapping with a filter.

    Only the removal of an item invokes the function whose filter asks for removals.
    """
    client, table, mark = world.client("dynamodb"), world.of("Objects", "Table"), uuid4().hex
    client.put_item(TableName=table, Item={"id": {"S": mark}})
    client.delete_item(TableName=table, Key={"id": {"S": mark}})
    event = world.saw("Objects", "OnRemoval", mark)
    assert {record["eventName"] for record in event["Records"]} == {"REMOVE"}


@behaviour("Kinesis")
def test_kinesis_to_lambda(world: World) -> None:
    """A Kinesis stream invokes a function.

    The records arrive in the order of their partition key, base64-encoded, with sequence numbers that grow.
    """
    kinesis, stream, mark = world.client("kinesis"), world.of("Objects", "Stream"), uuid4().hex
    for number in range(3):
        kinesis.put_record(StreamName=stream, PartitionKey=mark, Data=f"{number}".encode())

    def records() -> list[dict[str, str]]:
        found = [record["kinesis"] for event in world.seen("Objects", "OnRecord") for record in event["Records"]]
        mine = [record for record in found if record["partitionKey"] == mark]
        return mine if len(mine) == 3 else []

    told = until(records)
    assert [record["data"] for record in told] == ["MA==", "MQ==", "Mg=="]
    numbers = [int(record["sequenceNumber"]) for record in told]
    assert numbers == sorted(set(numbers))
