"""A stack with a VodTranscoder, for the test that deploys it."""

import sys
from pathlib import Path

import aws_cdk as cdk
from aws_cdk import Duration
from aws_cdk import aws_ec2 as ec2

ROOT = Path(__file__).resolve().parents[4]
sys.path[:0] = [str(ROOT / "constructs"), str(ROOT / "lambdas")]

from refarch.streaming import VodTranscoder, VodTranscoderProps  # noqa: E402

app = cdk.App()
stack = cdk.Stack(app, "Vod")
vpc = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=0, restrict_default_security_group=False)
props = VodTranscoderProps(vpc=vpc, public_ip=True, twin_wait=Duration.seconds(0), preset="ultrafast")
vod = VodTranscoder(stack, "Vod", props=props)
cdk.CfnOutput(stack, "Ingest", value=vod.ingest_bucket.bucket_name)
cdk.CfnOutput(stack, "Egress", value=vod.egress_bucket.bucket_name)
cdk.CfnOutput(stack, "Queue", value=vod.queue.queue_url)
cdk.CfnOutput(stack, "Group", value=vod.group.auto_scaling_group_name)
app.synth()
