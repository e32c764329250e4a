"""CloudFront's own signed cookies and URLs: who has them may watch, until they expire. CloudFront checks, nobody else.

A canned policy names one file and a time. A custom one may name many files by a wildcard, a first moment, and the
network of the viewer. Playlists lead to further files by relative addresses, which take no query along: a stream needs
cookies with a custom policy, a single file does with a URL.

Signatures are of SHA-256, which CloudFront takes since April 2026, by the key's own kind: RSA of 2,048 bits or ECDSA on
P-256. Source: Amazon CloudFront Developer Guide, "Serve private content with signed URLs and signed cookies".
"""

from __future__ import annotations

import base64
import json
import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import urlsplit

Signer = Callable[[bytes], bytes]
_STREAM = re.compile(r"/(?:hls|testhls)/[a-z0-9]+")
_KEY_ID = re.compile(r"[A-Z0-9]{10,30}")
_URL_SAFE = str.maketrans("+=/", "-_~")


class SigningError(ValueError):
    """What cannot be signed, and why. It never holds a key."""


@dataclass(frozen=True, kw_only=True)
class Grant:
    """What may be fetched, and when. Raises `SigningError` with everything that is wrong."""

    resource: str
    """An address, https://host/path. `*` stands for any characters, `?` for one: custom policies alone know them."""
    expires: int
    """Seconds since 1970."""
    starts: int = 0
    """Seconds since 1970. 0: at once."""
    network: str = ""
    """Of the viewer, as 192.0.2.0/24. Empty: any."""

    def __post_init__(self) -> None:
        wrong = [] if _is_address(self.resource) else [f"address is {self.resource!r}, allowed: https://host/path"]
        if not self.starts < self.expires:
            wrong.append(f"expires is {self.expires}, allowed: later than starts ({self.starts})")
        if self.network and not _is_network(self.network):
            wrong.append(f"network is {self.network!r}, allowed: IPv4 networks such as 192.0.2.0/24")
        if wrong:
            raise SigningError("; ".join(wrong))

    @property
    def canned(self) -> bool:
        """Whether a canned policy says all of it."""
        return not (self.starts or self.network or "*" in self.resource or "?" in self.resource)

    def policy(self) -> str:
        """The JSON that is signed, without a space: CloudFront builds a canned one anew, to the letter."""
        condition: dict[str, dict[str, int | str]] = {"DateLessThan": {"AWS:EpochTime": self.expires}}
        if self.starts:
            condition["DateGreaterThan"] = {"AWS:EpochTime": self.starts}
        if self.network:
            condition["IpAddress"] = {"AWS:SourceIp": self.network}
        statement = {"Resource": self.resource, "Condition": condition}
        return json.dumps({"Statement": [statement]}, separators=(",", ":"))


def stream_resource(url: str) -> str:
    """The wildcard that covers the stream of a master playlist: its playlists and its segments.

    A policy has one resource, so names that begin with this one's are covered too: `demo` opens `demo2`.
    """
    parts = urlsplit(url)
    if match := _STREAM.match(parts.path):
        return f"https://{parts.netloc}{match[0]}*"
    return f"https://{parts.netloc}{parts.path.rpartition('/')[0]}/*"


def cookies(grant: Grant, key_pair_id: str, sign: Signer) -> dict[str, str]:
    """Names and values. Raises `SigningError`."""
    return {f"CloudFront-{name}": value for name, value in _parts(grant, key_pair_id, sign).items()}


def signed_url(url: str, grant: Grant, key_pair_id: str, sign: Signer) -> str:
    """`url` with the signature behind it. Raises `SigningError`."""
    query = "&".join(f"{name}={value}" for name, value in _parts(grant, key_pair_id, sign).items())
    return f"{url}{'&' if urlsplit(url).query else '?'}{query}"


def openssl(key_file: Path) -> Signer:
    """Signs with a private key in PEM, by the program `openssl`: the key is in no argument. Raises `SigningError`."""

    def sign(message: bytes) -> bytes:
        command = ["openssl", "dgst", "-sha256", "-sign", str(key_file)]
        try:
            done = subprocess.run(command, input=message, capture_output=True, check=False)
        except FileNotFoundError:
            raise SigningError("the program openssl is missing; Debian: sudo apt-get install openssl") from None
        if done.returncode:
            raise SigningError(f"{key_file} is no private key in PEM that openssl can sign with")
        return done.stdout

    return sign


def encode(data: bytes) -> str:
    """Base64 without the characters that mean something in a query or a cookie."""
    return base64.b64encode(data).decode().translate(_URL_SAFE)


def _parts(grant: Grant, key_pair_id: str, sign: Signer) -> dict[str, str]:
    if not _KEY_ID.fullmatch(key_pair_id):
        raise SigningError(f"key pair id is {key_pair_id!r}, allowed: that of a public key in CloudFront, such as K2J…")
    policy = grant.policy().encode()
    what = {"Expires": str(grant.expires)} if grant.canned else {"Policy": encode(policy)}
    return what | {"Signature": encode(sign(policy)), "Key-Pair-Id": key_pair_id, "Hash-Algorithm": "SHA256"}


def _is_address(text: str) -> bool:
    parts = urlsplit(text)
    return parts.scheme == "https" and bool(parts.netloc) and len(parts.path) > 1 and '"' not in text


def _is_network(text: str) -> bool:
    try:
        return ip_network(text, strict=False).version == 4
    except ValueError:
        return False
