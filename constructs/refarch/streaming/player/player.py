"""`Player`: the 360-degree page behind CloudFront."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from aws_cdk import Fn, RemovalPolicy
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_assets as assets
from aws_cdk import aws_s3_deployment as deployment
from constructs import Construct

from refarch._shared.acknowledge import acknowledge, answer, wildcards
from refarch._shared.assets import source_files, staged
from refarch._shared.durations import days, minutes
from refarch._shared.reads import objects_arn, read, stack_of
from refarch._shared.removal import removal_policy
from refarch._shared.written_role import Statement
from refarch.streaming.player.player_delivery import distribution, headers
from refarch.streaming.player.player_props import PlayerProps
from refarch.streaming.player.vendored import PAGE

SETTINGS = "settings.json"
_KEPT = minutes(5)
_HANDLER = "Custom::CDKBucketDeployment8693BB64968944B69AAFB0CC9EB8756C"  # and its memory
_MEMORY_MB = 256
_GRANTED = ["s3:GetObject*", "s3:GetBucket*", "s3:List*", "s3:DeleteObject*", "s3:Abort*"]
_WILDCARDS = (
    "The CDK's own grants to its own function: it reads the archive of the page from the bucket of assets, and writes "
    "the page's bucket, which holds nothing else"
)
_BASIC = "AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole]"
_NO_LOG_GROUP = "One function for all deployments of a stack: no one of them can own its log group"
_CDKS_OWN = {
    _BASIC: "The CDK makes this role for its own function and offers no other policy; it only writes logs",
    "AwsSolutions-L1": "The CDK chooses the runtime of its own function, and moves it on with its releases",
    "Gates::IAM-ACTION-WILDCARD": _WILDCARDS,
}


class Player(Construct):
    """A page that plays live and recorded 360-degree streams: private bucket → CloudFront → viewers.

    The page loads nothing from anywhere else, and its content security policy forbids that it ever does. It is served
    at `url`; `play(address)` gives the address that plays a stream. Left out: a distribution's access logs.
    Source: the post on live and on-demand immersive media, whose page stood in a public bucket.
    """

    def __init__(self, scope: Construct, id: str, *, props: PlayerProps | None = None) -> None:
        super().__init__(scope, id)
        self.props = props or PlayerProps()
        self._removal = removal_policy(self, self.props.removal_policy)
        self.bucket: s3.Bucket = self._bucket()
        self.headers: cloudfront.ResponseHeadersPolicy = headers(self, self.props)
        self.distribution: cloudfront.Distribution = self._serve()
        self.archive: assets.Asset = assets.Asset(self, "Archive", path=str(_page()))
        self.files: deployment.BucketDeployment = self._deploy()
        place = f"{self.props.path}/index.html" if self.props.distribution else ""
        self.url: str = f"https://{read(self.distribution, 'distribution_domain_name')}/{place}"

    def play(self, address: str) -> str:
        """The address of the page that plays `address`, which must need no escaping in a query (no `&`, `#` or `%`)."""
        return Fn.join("", [self.url, "?url=", address])

    def _bucket(self) -> s3.Bucket:
        made = s3.Bucket(
            self,
            "Page",
            block_public_access=read(s3.BlockPublicAccess, "BLOCK_ALL"),
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            removal_policy=self._removal,
            lifecycle_rules=[s3.LifecycleRule(abort_incomplete_multipart_upload_after=days(1))],
        )
        acknowledge(
            made, "AwsSolutions-S1", "Public files of the page, read by CloudFront alone and written by deploys"
        )
        return made

    def _serve(self) -> cloudfront.Distribution:
        origin = origins.S3BucketOrigin.with_origin_access_control(self.bucket)
        options: dict[str, Any] = {
            "viewer_protocol_policy": cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
            "cache_policy": cloudfront.CachePolicy.CACHING_OPTIMIZED,  # leaves the query (?url=) out of its key
            "response_headers_policy": self.headers,
            "compress": True,
        }
        if self.props.distribution is not None:
            self.props.distribution.add_behavior(f"{self.props.path}/*", origin, **options)
            return self.props.distribution
        return distribution(self, self.props, cloudfront.BehaviorOptions(origin=origin, **options))

    def _deploy(self) -> deployment.BucketDeployment:
        """Without an invalidation, for which the CDK's function would need rights on every distribution."""
        told = {"stream": self.props.stream, "beacon": self.props.beacon, "cmcd": self.props.cmcd}
        archive = self.archive
        made = deployment.BucketDeployment(
            self,
            "Files",
            sources=[
                deployment.Source.bucket(read(archive, "bucket"), read(archive, "s3_object_key")),
                deployment.Source.json_data(SETTINGS, told),
            ],
            destination_bucket=self.bucket,
            destination_key_prefix=self.props.path if self.props.distribution else None,
            cache_control=[deployment.CacheControl.set_public(), deployment.CacheControl.max_age(_KEPT)],
            retain_on_delete=self._removal != RemovalPolicy.DESTROY,  # else the bucket could not go
            memory_limit=_MEMORY_MB,
        )
        _answer_for_handler(self)
        return made


def _page() -> Path:
    """The page without its settings: those are written at deployment, as addresses are known only then."""
    files = {path.relative_to(PAGE).as_posix(): path for path in source_files(PAGE)}
    return staged({name: path for name, path in files.items() if name != SETTINGS})


def _answer_for_handler(player: Player) -> None:
    """The function by which the CDK copies files into buckets: one a stack, and the CDK's own."""
    buckets = [read(player.archive, "bucket"), player.bucket]
    granted = Statement(actions=_GRANTED, resources=[objects_arn(each, "*") for each in buckets], why=_WILDCARDS)
    handler = read(stack_of(player), "node").try_find_child(f"{_HANDLER}{_MEMORY_MB}MiB")
    answers = [*_CDKS_OWN.items(), *wildcards(player, [granted])]
    if read(handler, "node").try_find_child("LogGroup") is None:  # a feature flag of the app decides
        answers.append(("Gates::LAMBDA-LOG-GROUP", _NO_LOG_GROUP))
    answer(handler, answers)
