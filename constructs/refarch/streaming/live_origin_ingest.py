"""Encrypted ways into the live origins: RTMPS and SRT. Both end on the origins, whose addresses stay."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from refarch._shared.acknowledge import acknowledge
from refarch._shared.checks import Problems
from refarch._shared.reads import read
from refarch.streaming import instance_program as program

CERTIFICATE_FILE = f"{program.FOLDER}/certificate.pem"
PASSPHRASE_FILE = f"{program.FOLDER}/srt-passphrase"
TAKEN = (22, 80, 1935, 8080)
"""Ports that an origin uses for something else."""


@dataclass(frozen=True, kw_only=True)
class Rtmps:
    """RTMP in TLS: `rtmps://<a name in the certificate>:443/live/<name>?key=…`."""

    certificate: secretsmanager.ISecret
    """JSON: {"certificate": "PEM, those between it and its root after it", "private_key": "PEM, not encrypted"}. Its
    names must lead to the origins' addresses. A renewed one is taken over by running origins."""

    port: int = 443
    """TCP. 443 is what encoders take without a port, and what firewalls let out."""


@dataclass(frozen=True, kw_only=True)
class Srt:
    """SRT: `srt://<address>:9000` with the stream id `live/<name>?key=…`, in AES. H.264 and AAC in MPEG-TS."""

    passphrase: secretsmanager.ISecret | None = None
    """10 to 79 characters of ASCII without spaces. Default: a new one, of 32."""

    port: int = 9000
    """UDP. One port takes every stream."""

    latency: Duration = field(default_factory=lambda: Duration.millis(500))
    """How long a lost packet may take to come again, 20 ms to 8 s. Three to four round trips are customary; the
    encoder's own value counts where it is larger."""


class EncryptedIngest(Construct):
    """What the origins need for RTMPS and SRT. Attributes: every resource."""

    certificate: secretsmanager.ISecret | None
    passphrase: secretsmanager.ISecret | None

    def __init__(self, scope: Construct, id: str, *, rtmps: Rtmps | None, srt: Srt | None) -> None:
        super().__init__(scope, id)
        self.rtmps, self.srt = rtmps, srt
        self.certificate = rtmps.certificate if rtmps else None
        self.passphrase = (srt.passphrase or self._new_passphrase()) if srt else None

    @property
    def secrets(self) -> list[secretsmanager.ISecret]:
        return [each for each in (self.certificate, self.passphrase) if each is not None]

    @property
    def secret_files(self) -> list[dict[str, Any]]:
        kinds = ((CERTIFICATE_FILE, self.certificate, "certificate"), (PASSPHRASE_FILE, self.passphrase, "passphrase"))
        return [
            {"file": file, "secret": read(secret, "secret_arn"), "form": form}
            for file, secret, form in kinds
            if secret is not None
        ]

    @property
    def settings(self) -> dict[str, Any]:
        """Of the data plane, beside the origin's others."""
        found: dict[str, Any] = {}
        if self.rtmps:
            found |= {"rtmps_listen": f"0.0.0.0:{self.rtmps.port}", "certificate_file": CERTIFICATE_FILE}
        if self.srt:
            found |= {"srt_listen": f"0.0.0.0:{self.srt.port}", "srt_passphrase_file": PASSPHRASE_FILE}
            found |= {"srt_latency_ms": self.srt.latency.to_milliseconds()}
        return found

    @property
    def ports(self) -> list[tuple[ec2.Port, str]]:
        """To open for encoders, with what each is for."""
        found = [(ec2.Port.tcp(self.rtmps.port), "Encoders by RTMPS")] if self.rtmps else []
        return found + ([(ec2.Port.udp(self.srt.port), "Encoders by SRT")] if self.srt else [])

    def _new_passphrase(self) -> secretsmanager.Secret:
        made = secretsmanager.Secret(
            self,
            "Passphrase",
            description="With which SRT encrypts",
            generate_secret_string=secretsmanager.SecretStringGenerator(exclude_punctuation=True, password_length=32),
        )
        acknowledge(
            made, "AwsSolutions-SMG4", "Encoders are configured by people, who must learn of a new one before it counts"
        )
        return made


def check_ingest(problems: Problems, *, rtmps: Rtmps | None, srt: Srt | None, plain: bool, asked: bool) -> None:
    """What is wrong with them. `asked`: whether networks of encoders are given at all."""
    for name, given in (("rtmps", rtmps), ("srt", srt)):
        if given is not None:
            problems.between(f"{name}.port", given.port, 1, 65_535)
            problems.check(given.port not in TAKEN, f"{name}.port", given.port, f"none of {', '.join(map(str, TAKEN))}")
    if srt is not None and not srt.latency.is_unresolved():
        problems.between("srt.latency", srt.latency.to_milliseconds(), 20, 8000, "ms")
    way_in = plain or rtmps is not None or srt is not None or not asked
    problems.check(way_in, "plain_rtmp", plain, "True, or rtmps or srt given: encoders_from would lead nowhere")
