"""Synthesizes every variant with every rule pack on, once, for all tests of this folder.

A program of its own, because the CDK reads CDK_VALIDATION when its Node process starts, and under pytest keeps the
report to itself. `python synthesize.py <folder>` leaves one cloud assembly a variant, each with validation-report.json;
two more show that the rules bite (`probe`) and that a stranger's app without our flags passes (`stranger`).
"""

from __future__ import annotations

import gc
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "constructs"), str(ROOT / "lambdas")]

import aws_cdk as cdk  # noqa: E402
from aws_cdk import aws_ec2 as ec2  # noqa: E402
from aws_cdk import aws_ecs as ecs  # noqa: E402
from aws_cdk import aws_iam as iam  # noqa: E402
from aws_cdk import aws_kms as kms  # noqa: E402
from aws_cdk import aws_lambda as lambda_  # noqa: E402
from aws_cdk import aws_s3 as s3  # noqa: E402
from aws_cdk import aws_servicediscovery as servicediscovery  # noqa: E402
from cdk_nag import AwsSolutionsChecks  # noqa: E402

from refarch.batch import BatchEnvironment, BatchEnvironmentProps, BucketFolder, Scratch  # noqa: E402
from refarch.compute import InterruptionResponder, InterruptionResponderProps  # noqa: E402
from refarch.gate.plugin import GateChecks  # noqa: E402
from refarch.genomics import GenomicsPipeline, GenomicsPipelineProps  # noqa: E402
from refarch.mapreduce import MapReduce, MapReduceInput, MapReduceProps  # noqa: E402
from refarch.streaming import Player  # noqa: E402
from stacks.app_factory import CDK_JSON, build_app  # noqa: E402

VARIANTS = Path(__file__).with_name("variants.json")


def main(folder: Path) -> None:
    gc.disable()  # it finds nothing here, and takes a tenth of the time
    for name, variant in json.loads(VARIANTS.read_text()).items():
        outdir = str(folder / name)
        synthesize(build_app([variant["stack"]], context=variant["context"], outdir=outdir, validate=True))
    synthesize(probe(str(folder / "probe")))
    synthesize(stranger(str(folder / "stranger")))


def synthesize(app: cdk.App) -> None:
    """Findings are read from the report; anything else that goes wrong is an error here."""
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    GateChecks.add_to(app)
    try:
        app.synth()
    except RuntimeError as error:
        if "ValidationFailed" not in str(error):
            raise


def probe(outdir: str) -> cdk.App:
    """What no stack of ours may be."""
    app = cdk.App(outdir=outdir, context=json.loads(CDK_JSON.read_text())["context"])
    stack = cdk.Stack(app, "Probe")
    s3.CfnBucket(stack, "Bucket")
    code = lambda_.CfnFunction.CodeProperty(zip_file="pass")
    lambda_.CfnFunction(stack, "Old", code=code, role="arn:aws:iam::1:role/r", runtime="python3.7", handler="index.f")
    return app


def stranger(outdir: str) -> cdk.App:
    """A team's own app: none of our flags, two constructs on encrypted buckets, a role that runs jobs, responders."""
    app = cdk.App(outdir=outdir)
    stack = cdk.Stack(app, "Stranger")
    key = kms.Key(stack, "Key", enable_key_rotation=True)
    logs = s3.Bucket(stack, "AccessLogs", enforce_ssl=True)
    given = s3.Bucket(stack, "Given", encryption_key=key, enforce_ssl=True, server_access_logs_bucket=logs)
    one = MapReduce(stack, "One", props=MapReduceProps(job_bucket=given, inputs=[MapReduceInput(bucket=given)]))
    two = MapReduce(stack, "Two", props=MapReduceProps(tracing=True))
    runner = iam.Role(stack, "Runner", assumed_by=iam.ServicePrincipal("codebuild.amazonaws.com"))
    for each in (one, two):
        each.grant_run(runner)
    InterruptionResponder(stack, "Responder")
    everything = InterruptionResponderProps(
        clusters=[ecs.Cluster(stack, "Cluster", vpc=ec2.Vpc(stack, "Vpc"))],
        services=[servicediscovery.HttpNamespace(stack, "Space", name="space").create_service("Members")],
        command_document="Farewell",
        scheduled_events=True,
        tracing=True,
    )
    InterruptionResponder(stack, "EveryAction", props=everything)
    genomes(stack, given, key).grant_run(runner)
    Player(stack, "OnePlayer")
    Player(stack, "OtherPlayer")
    return app


def genomes(stack: cdk.Stack, bucket: s3.IBucket, key: kms.IKey) -> GenomicsPipeline:
    """Queues in a team's own VPC, and jobs between folders of an encrypted bucket."""
    vpc = ec2.Vpc(stack, "JobsVpc")
    queues = BatchEnvironment(stack, "Queues", props=BatchEnvironmentProps(vpc=vpc, scratch=Scratch.instance_store()))
    props = GenomicsPipelineProps(
        environment=queues,
        inputs=[BucketFolder(bucket=bucket, prefix="reads/")],
        results=BucketFolder(bucket=bucket, prefix="genomes/"),
        encryption_key=key,
        submit_functions=True,
    )
    return GenomicsPipeline(stack, "Genomes", props=props)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
