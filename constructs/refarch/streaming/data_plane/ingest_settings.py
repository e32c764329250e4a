"""Settings of an origin's encrypted ingest, RTMPS and SRT. Both are off by default."""

from __future__ import annotations

import re
from dataclasses import dataclass

from refarch.streaming.data_plane.problems import Problems


@dataclass(frozen=True, kw_only=True)
class IngestSettings:
    """How encoders reach an origin other than by plain RTMP."""

    rtmps_listen: str = ""
    """`host:port` of RTMP in TLS, usually port 443. Empty: none."""
    rtmps_inner_port: int = 1937
    """On loopback: where RTMP comes out of TLS, with the encoder's address before it (PROXY protocol)."""
    certificate_file: str = ""
    """PEM: the certificate, those between it and its root, and its private key."""
    srt_listen: str = ""
    """`address:port` of SRT (UDP, IPv4), usually port 9000. Empty: none."""
    srt_passphrase_file: str = ""
    """One line of 10 to 79 characters, read at each call: what SRT encrypts with (AES)."""
    srt_latency_ms: int = 500
    """How long a lost packet may take to come again; the encoder's own value counts where it is larger."""


def check_ingest(problems: Problems, settings: IngestSettings) -> None:
    """What is wrong with them, added to `problems`."""
    problems.address("rtmps_listen", settings.rtmps_listen, empty=True)
    numeric = not settings.srt_listen or bool(re.fullmatch(r"[0-9.]{7,15}:[0-9]{1,5}", settings.srt_listen))
    problems.check(numeric, "srt_listen", settings.srt_listen, "an IPv4 address and a port, 0.0.0.0:9000")
    problems.between("rtmps_inner_port", settings.rtmps_inner_port, 1, 65535)
    problems.between("srt_latency_ms", settings.srt_latency_ms, 20, 8000, "ms")
    for listen, name in (("rtmps_listen", "certificate_file"), ("srt_listen", "srt_passphrase_file")):
        given = getattr(settings, name)
        both = bool(getattr(settings, listen)) == bool(given)
        problems.check(both, name, given, f"a file together with {listen}, or neither")
        if given:
            problems.path(name, given)
