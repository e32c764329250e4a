"""What must not come back into the template of MapReduce."""

from __future__ import annotations

from typing import Any


def target(reference: Any) -> str:
    return str(reference.get("Ref") or reference["Fn::GetAtt"][0])


def test_lambda_itself_never_runs_a_task_twice_and_reports_each_failure(map_reduce: Any) -> None:
    configs = [each["Properties"] for each in map_reduce.resources("AWS::Lambda::EventInvokeConfig").values()]
    assert len(configs) == 2
    for config in configs:
        assert config["MaximumRetryAttempts"] == 0
        assert target(config["DestinationConfig"]["OnFailure"]["Destination"]).startswith("MapReduceEvents")


def test_only_the_job_folders_send_events(map_reduce: Any) -> None:
    """Bulk data goes below shuffle/: an event for each of its objects would cost more than the jobs."""
    [notification] = map_reduce.resources("Custom::S3BucketNotifications").values()
    [queue] = notification["Properties"]["NotificationConfiguration"]["QueueConfigurations"]
    [rule] = queue["Filter"]["Key"]["FilterRules"]
    assert (rule["Name"], rule["Value"].removeprefix("team/")) == ("prefix", "jobs/")


def test_notifications_that_an_existing_bucket_has_are_kept(map_reduce: Any) -> None:
    [notification] = map_reduce.resources("Custom::S3BucketNotifications").values()
    existing = isinstance(notification["Properties"]["BucketName"], str)
    assert notification["Properties"]["Managed"] is not existing


def test_nothing_is_for_every_resource_without_a_network(map_reduce: Any) -> None:
    statements = [
        statement
        for each in map_reduce.resources("AWS::IAM::Policy").values()
        for statement in each["Properties"]["PolicyDocument"]["Statement"]
    ]
    assert map_reduce.name.endswith("everything") or "*" not in [each["Resource"] for each in statements]
