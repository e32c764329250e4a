"""The primary origin as CloudFront's second choice, when no edge answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from aws_cdk import RemovalPolicy
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from refarch._shared.acknowledge import acknowledge
from refarch._shared.durations import seconds
from refarch._shared.reads import read
from refarch.streaming import instance_program as program
from refarch.web.lamp_edge import prefix_list, secret_text

PORT = 8080
HEADER = "X-Refarch-Origin"
KEY_FILE = f"{program.FOLDER}/direct-key"
SIGNING_FILE = f"{program.FOLDER}/signing-key"


@dataclass(frozen=True, kw_only=True)
class DirectDelivery:
    """CloudFront may fetch streams from the primary origin, past the edges. It takes no others' requests."""

    cloudfront_prefix_list: str = ""
    """Id of CloudFront's origin-facing prefix list, in regions that the table of this package lacks."""

    signing_secret: secretsmanager.ISecret | None = None
    """That of the edges, where they ask for signed addresses: otherwise the origin would be the way around them."""


class DirectOrigin(Construct):
    """A port of the primary origin that CloudFront's addresses reach, and answers to a secret header alone.

    Behind it are playlists and segments, with what the edges get; status pages are not. Attributes: every resource.
    """

    def __init__(self, scope: Construct, id: str, *, vpc: ec2.IVpc, props: DirectDelivery) -> None:
        super().__init__(scope, id)
        self.props = props
        self.secret = secretsmanager.Secret(
            self,
            "Secret",
            description="What CloudFront shows to the primary origin",
            generate_secret_string=secretsmanager.SecretStringGenerator(exclude_punctuation=True),
            removal_policy=RemovalPolicy.DESTROY,
        )
        acknowledge(
            self.secret, "AwsSolutions-SMG4", "CloudFront and the origin both keep a copy, which a deployment renews"
        )
        # Of its own: CloudFront's list counts as 55 of the 60 rules that a group may have.
        self.security_group = ec2.SecurityGroup(
            self, "SecurityGroup", vpc=vpc, description="Streams, for CloudFront", allow_all_outbound=False
        )
        peer = prefix_list(self, props.cloudfront_prefix_list)
        self.security_group.add_ingress_rule(peer, ec2.Port.tcp(PORT), "CloudFront")

    @property
    def secrets(self) -> list[secretsmanager.ISecret]:
        """Those that the origin reads when it starts."""
        return [self.secret, *([self.props.signing_secret] if self.props.signing_secret else [])]

    @property
    def settings(self) -> dict[str, Any]:
        """Of the data plane, beside the origin's others."""
        made = {"direct_listen": f"0.0.0.0:{PORT}", "direct_key_file": KEY_FILE}
        return made | ({"signing_key_file": SIGNING_FILE} if self.props.signing_secret else {})

    @property
    def secret_files(self) -> list[dict[str, Any]]:
        files = (KEY_FILE, SIGNING_FILE)
        return [
            {"file": file, "secret": read(secret, "secret_arn"), "form": "text"}
            for file, secret in zip(files, self.secrets, strict=False)
        ]

    def origin(self, host: str) -> cloudfront.IOrigin:
        """For a distribution. `host` is the DNS name of the primary origin's address, which stays."""
        return origins.HttpOrigin(
            host,
            http_port=PORT,
            protocol_policy=cloudfront.OriginProtocolPolicy.HTTP_ONLY,
            custom_headers={HEADER: secret_text(self.secret)},  # a reference: CloudFormation resolves it
            connection_attempts=2,
            connection_timeout=seconds(2),
            read_timeout=seconds(5),
        )
