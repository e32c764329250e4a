"""What MapReduce and its like build on: SQS, its mappings to Lambda, and the conditional requests of S3."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

NOTES = """
import boto3, json, time, uuid
def handler(event, context):
    key = f"{{time.time()}}-{{uuid.uuid4().hex}}"
    boto3.client("s3").put_object(Bucket={bucket!r}, Key=key, Body=json.dumps(event))
    {more}
"""


def mapped(bench: Any, more: str = "pass", queue: dict[str, str] | None = None, **mapping: Any) -> tuple[str, str, str]:
    """(bucket of events, queue url, function name) of a function that notes down what its queue brings."""
    bucket = bench.bucket()
    url, arn = bench.queue(**queue or {})
    name = bench.function(NOTES.format(bucket=bucket, more=more))
    bench.cloud.client("lambda").create_event_source_mapping(
        FunctionName=name, EventSourceArn=arn, FunctionResponseTypes=["ReportBatchItemFailures"], **mapping
    )
    return bucket, url, name


def send(bench: Any, url: str, bodies: list[str], delay: int = 0) -> None:
    sqs = bench.cloud.client("sqs")
    for first in range(0, len(bodies), 10):
        entries = [
            {"Id": str(place), "MessageBody": body, "DelaySeconds": delay}
            for place, body in enumerate(bodies[first : first + 10])
        ]
        assert not sqs.send_message_batch(QueueUrl=url, Entries=entries).get("Failed")


def batches(bench: Any, bucket: str) -> list[list[dict[str, Any]]]:
    return [bench.read(bucket, key)["Records"] for key in bench.keys(bucket)]


def refused(call: Any, **arguments: Any) -> int:
    with pytest.raises(ClientError) as error:
        call(**arguments)
    return int(error.value.response["ResponseMetadata"]["HTTPStatusCode"])


def test_a_window_gathers_more_than_ten_messages_into_one_batch(bench: Any, until: Any) -> None:
    bucket, url, _ = mapped(bench, BatchSize=25, MaximumBatchingWindowInSeconds=2)
    send(bench, url, [str(number) for number in range(25)])
    until(lambda: sum(map(len, batches(bench, bucket))) == 25)
    assert len(batches(bench, bucket)) == 1


def test_a_window_that_ends_brings_what_there_is(bench: Any, until: Any) -> None:
    bucket, url, _ = mapped(bench, BatchSize=100, MaximumBatchingWindowInSeconds=1)
    send(bench, url, ["1", "2"])
    [batch] = until(lambda: batches(bench, bucket))
    assert [record["body"] for record in batch] == ["1", "2"]


def test_only_what_is_reported_as_failed_comes_again(bench: Any, until: Any) -> None:
    more = (
        "return {'batchItemFailures': [{'itemIdentifier': r['messageId']} for r in event['Records'] "
        "if r['body'] == 'bad' and r['attributes']['ApproximateReceiveCount'] == '1']}"
    )
    bucket, url, _ = mapped(bench, more, {"VisibilityTimeout": "1"}, BatchSize=10)
    send(bench, url, ["good", "bad"])
    until(lambda: sum(map(len, batches(bench, bucket))) == 3)
    bodies = [record["body"] for batch in batches(bench, bucket) for record in batch]
    assert sorted(bodies) == ["bad", "bad", "good"]


def test_a_message_can_be_delayed(bench: Any) -> None:
    url, _ = bench.queue()
    send(bench, url, ["later"], delay=1)
    sqs = bench.cloud.client("sqs")
    sent = time.monotonic()
    assert not sqs.receive_message(QueueUrl=url).get("Messages")
    [message] = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=5)["Messages"]
    assert message["Body"] == "later"
    assert time.monotonic() - sent > 0.8


def test_messages_of_a_killed_worker_come_again_after_the_visibility_timeout(bench: Any, until: Any) -> None:
    more = "time.sleep(60 if event['Records'][0]['attributes']['ApproximateReceiveCount'] == '1' else 0)"
    bucket, url, name = mapped(bench, more, {"VisibilityTimeout": "2"}, BatchSize=1)
    bench.cloud.client("lambda").update_function_configuration(FunctionName=name, Timeout=100)
    send(bench, url, ["once more"])
    until(lambda: batches(bench, bucket))
    assert bench.cloud.kill_function_workers(name) == 1
    until(lambda: len(batches(bench, bucket)) == 2)


def test_objects_are_created_once_and_replaced_only_as_they_were_seen(bench: Any) -> None:
    s3, bucket = bench.cloud.client("s3"), bench.bucket()
    first = s3.put_object(Bucket=bucket, Key="k", Body=b"0123456789", IfNoneMatch="*", Metadata={"line-count": "7"})
    assert refused(s3.put_object, Bucket=bucket, Key="k", Body=b"other", IfNoneMatch="*") == 412
    second = s3.put_object(Bucket=bucket, Key="k", Body=b"abcdefghij", IfMatch=first["ETag"])
    assert refused(s3.put_object, Bucket=bucket, Key="k", Body=b"late", IfMatch=first["ETag"]) == 412
    assert refused(s3.get_object, Bucket=bucket, Key="k", IfMatch=first["ETag"]) == 412
    assert refused(s3.put_object, Bucket=bucket, Key="none", Body=b"", IfMatch=first["ETag"]) == 404
    part = s3.get_object(Bucket=bucket, Key="k", Range="bytes=2-4", IfMatch=second["ETag"])
    assert (part["Body"].read(), part["ContentRange"]) == (b"cde", "bytes 2-4/10")
    assert refused(s3.get_object, Bucket=bucket, Key="k", Range="bytes=10-12") == 416


def test_metadata_pages_and_mass_deletion(bench: Any) -> None:
    s3, bucket = bench.cloud.client("s3"), bench.bucket()
    for number in range(5):
        s3.put_object(Bucket=bucket, Key=f"d/{number}", Body=b"x", Metadata={"linecount": str(number)})
    assert s3.head_object(Bucket=bucket, Key="d/3")["Metadata"] == {"linecount": "3"}
    listing = s3.get_paginator("list_objects_v2")
    pages = list(listing.paginate(Bucket=bucket, Prefix="d/", PaginationConfig={"PageSize": 2}))
    assert [len(page["Contents"]) for page in pages] == [2, 2, 1]
    s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": f"d/{number}"} for number in range(5)]})
    assert bench.keys(bucket) == []


def test_parts_become_one_object_that_only_one_writer_creates(bench: Any) -> None:
    s3, bucket = bench.cloud.client("s3"), bench.bucket()
    size = 5 * 1024 * 1024
    upload = s3.create_multipart_upload(Bucket=bucket, Key="big")["UploadId"]
    bodies = [b"a" * size, b"b" * 10]
    tags = [
        s3.upload_part(Bucket=bucket, Key="big", UploadId=upload, PartNumber=number, Body=body)["ETag"]
        for number, body in enumerate(bodies, 1)
    ]
    parts = {"Parts": [{"PartNumber": number, "ETag": tag} for number, tag in enumerate(tags, 1)]}
    s3.put_object(Bucket=bucket, Key="big", Body=b"first")
    complete = {"Bucket": bucket, "Key": "big", "UploadId": upload, "MultipartUpload": parts}
    assert refused(s3.complete_multipart_upload, **complete, IfNoneMatch="*") == 412
    s3.delete_object(Bucket=bucket, Key="big")
    s3.complete_multipart_upload(**complete, IfNoneMatch="*")
    got = s3.get_object(Bucket=bucket, Key="big", Range=f"bytes={size - 2}-{size + 1}")["Body"].read()
    assert got == b"aabb"


def test_an_objects_event_reaches_a_queue_for_its_prefix_only(bench: Any) -> None:
    s3, bucket, (url, arn) = bench.cloud.client("s3"), bench.bucket(), bench.queue()
    bench.cloud.client("sqs").set_queue_attributes(
        QueueUrl=url,
        Attributes={
            "Policy": json.dumps(
                {
                    "Version": "2012-10-17",
                    "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": arn}],
                }
            )
        },
    )
    prefix = {"Key": {"FilterRules": [{"Name": "prefix", "Value": "jobs/"}]}}
    s3.put_bucket_notification_configuration(
        Bucket=bucket,
        NotificationConfiguration={
            "QueueConfigurations": [{"QueueArn": arn, "Events": ["s3:ObjectCreated:*"], "Filter": prefix}]
        },
        SkipDestinationValidation=True,
    )
    s3.put_object(Bucket=bucket, Key="shuffle/x", Body=b"")
    s3.put_object(Bucket=bucket, Key="jobs/a b", Body=b"123")
    bodies = [bench.receive(url)]
    if "Records" not in bodies[0]:
        bodies = [bench.receive(url)]  # s3:TestEvent comes first
    [record] = bodies[0]["Records"]
    assert (record["s3"]["object"]["key"], record["s3"]["object"]["size"]) == ("jobs/a+b", 3)
