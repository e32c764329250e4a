"""Rehearsal of a declarative MapReduce on buckets that a team has already, in a network without a way out."""

from __future__ import annotations

import json
from pathlib import Path

from refarch.local import LocalCloud
from rehearsals.account import Account
from rehearsals.independent import differences, totals
from rehearsals.map_reduce import deploy
from rehearsals.map_reduce_jobs import STACK, DeployedMapReduce
from rehearsals.query_engine import publish_engine, run_with_this_python
from rehearsals.stage import cdk
from rehearsals.uservisits import objects

QUERY = Path(__file__).resolve().parents[1] / "lambdas/refarch_lambdas/mapreduce/examples/ad_revenue.toml"
INPUT, JOBS, PREFIX = "a-team-input", "a-team-workspace", "team/mapreduce/"


def rehearse(cloud: LocalCloud, account: Account) -> None:
    """Deploy with everything that is optional, run a job, and see that what was there before is still there."""
    s3 = cloud.client("s3")
    theirs = _their_buckets(cloud)
    with account.step("Publish DuckDB as a layer"):
        layer = publish_engine(cloud)
    with account.step("cdk deploy MapReduce with a query document, existing buckets, a private network and tracing"):
        deploy(
            cloud,
            job_file=str(QUERY),
            query_layer=layer,
            input_bucket=INPUT,
            input_prefix="uservisits/",
            job_bucket=JOBS,
            job_prefix=PREFIX,
            private_network="true",
            tracing="true",
        )
    now = s3.get_bucket_notification_configuration(Bucket=JOBS)["QueueConfigurations"]
    account.check(theirs in [each["QueueArn"] for each in now], "the bucket's own notifications survive", now)
    account.check(len(now) == 2, "and ours is added", now)
    deployed = DeployedMapReduce.find(cloud)
    run_with_this_python(deployed)
    data = list(objects(5_000, seed=5))
    deployed.upload(data)
    with account.step("Run a job, which DuckDB executes"):
        snapshot = deployed.finish(deployed.submit("uservisits/", split_bytes=400_000, reducers=2).job_id)
    account.check(snapshot.state == "SUCCEEDED", "the job succeeds", snapshot.reason)
    wrong = differences(totals(data), deployed.result(snapshot.job_id))
    account.check(not wrong, "its totals equal SQLite's to the last digit", wrong[:3])
    account.check(snapshot.rows == totals(data).rows, "and it reads every row once", snapshot.rows)
    outside = deployed.finish(deployed.submit("secret/").job_id)
    account.check(outside.state == "SUCCEEDED" and outside.rows == 0, "objects outside the input prefix are not there")
    _not_ours_to_read(deployed, account)
    with account.step("cdk destroy MapReduce"):
        cdk(cloud, "destroy", STACK, "--force")
    now = s3.get_bucket_notification_configuration(Bucket=JOBS).get("QueueConfigurations", [])
    account.check(
        [each["QueueArn"] for each in now] == [theirs], "their notification outlives the stack, ours does not"
    )
    account.verdict()


def _their_buckets(cloud: LocalCloud) -> str:
    """Two buckets of the team; the one for jobs tells a queue of theirs about new objects. The queue's ARN."""
    s3, sqs = cloud.client("s3"), cloud.client("sqs")
    for bucket in (INPUT, JOBS):
        s3.create_bucket(Bucket=bucket)
    url = sqs.create_queue(QueueName="their-queue")["QueueUrl"]
    arn: str = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    allow = {
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
    }
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps({"Statement": [allow]})})
    theirs = {
        "Id": "theirs",
        "QueueArn": arn,
        "Events": ["s3:ObjectCreated:*"],
        "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": "reports/"}]}},
    }
    s3.put_bucket_notification_configuration(Bucket=JOBS, NotificationConfiguration={"QueueConfigurations": [theirs]})
    return arn


def _not_ours_to_read(deployed: DeployedMapReduce, account: Account) -> None:
    """The mapper's role ends at the input prefix: a plan that names another object fails."""
    deployed.s3.put_object(Bucket=INPUT, Key="secret/salaries.csv", Body=b"10.0.0.1,u,d,1.0\n")
    with account.step("Try to read an object outside the input prefix"):
        snapshot = deployed.finish(deployed.submit("secret/").job_id)
    account.check(snapshot.state == "FAILED", "the mapper may not read what is not an input", snapshot.state)
    account.check("AccessDenied" in str(snapshot.reason), "and the reason says so", snapshot.reason)
