"""CloudFront's signed cookies and URLs: what is signed says who may fetch what, and the public key proves it."""

from __future__ import annotations

import base64
import json
import subprocess
import time
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from click.testing import CliRunner
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from refarch.cli.streaming import streaming
from refarch.streaming import cloudfront_signing as signing

KEY_ID, URL = "K2JCJMDEHXQW5F", "https://live.example.com/hls/demo.m3u8"
KINDS = {"rsa": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]}
KINDS["ecdsa"] = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]


@pytest.fixture(scope="module", params=sorted(KINDS))
def key(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("keys") / f"{request.param}.pem"
    subprocess.run(["openssl", "genpkey", *KINDS[request.param], "-out", str(file)], check=True, capture_output=True)
    return file


def decode(text: str) -> bytes:
    return base64.b64decode(text.translate(str.maketrans("-_~", "+=/")))


def check(key: Path, policy: bytes, signature: str) -> None:
    """As CloudFront does, with the public half. Raises `InvalidSignature`."""
    private = serialization.load_pem_private_key(key.read_bytes(), None)
    public = private.public_key()
    if isinstance(public, rsa.RSAPublicKey):
        public.verify(decode(signature), policy, padding.PKCS1v15(), hashes.SHA256())
    else:
        assert isinstance(public, ec.EllipticCurvePublicKey)
        public.verify(decode(signature), policy, ec.ECDSA(hashes.SHA256()))


def call(*arguments: str) -> str:
    done = CliRunner().invoke(streaming, list(arguments), catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output.strip()


def test_cookies_open_a_stream_for_its_time(key: Path) -> None:
    options = ["--key-pair-id", KEY_ID, "--private-key", str(key), "--minutes", "30", "--from", "192.0.2.0/24"]
    made = json.loads(call("cookies", URL, *options, "--format", "json"))
    assert list(made) == [
        *("CloudFront-Policy", "CloudFront-Signature", "CloudFront-Key-Pair-Id", "CloudFront-Hash-Algorithm")
    ]
    assert (made["CloudFront-Key-Pair-Id"], made["CloudFront-Hash-Algorithm"]) == (KEY_ID, "SHA256")
    policy = decode(made["CloudFront-Policy"])
    check(key, policy, made["CloudFront-Signature"])
    [statement] = json.loads(policy)["Statement"]
    assert statement["Resource"] == "https://live.example.com/hls/demo*"
    assert statement["Condition"]["IpAddress"] == {"AWS:SourceIp": "192.0.2.0/24"}
    left = statement["Condition"]["DateLessThan"]["AWS:EpochTime"] - time.time()
    assert 25 * 60 < left <= 30 * 60
    with pytest.raises(InvalidSignature):
        check(key, policy.replace(b"demo", b"else"), made["CloudFront-Signature"])


def test_a_canned_policy_is_rebuilt_from_the_address_and_the_time(key: Path) -> None:
    """CloudFront gets no policy then: it writes the same words itself, so not a space may differ."""
    signed = call("url", URL, "--key-pair-id", KEY_ID, "--private-key", str(key))
    assert signed.startswith(f"{URL}?Expires=")
    query = dict(parse_qsl(urlsplit(signed).query))
    assert query.keys() == {"Expires", "Signature", "Key-Pair-Id", "Hash-Algorithm"}
    text = '{"Statement":[{"Resource":"%s","Condition":{"DateLessThan":{"AWS:EpochTime":%s}}}]}'
    check(key, (text % (URL, query["Expires"])).encode(), query["Signature"])
    made = json.loads(call("cookies", URL, "--one-file", "--key-pair-id", KEY_ID, "--private-key", str(key), *JSON))
    check(key, (text % (URL, made["CloudFront-Expires"])).encode(), made["CloudFront-Signature"])


JSON = ("--format", "json")


def test_a_url_for_one_network_carries_its_policy(key: Path) -> None:
    options = ["--key-pair-id", KEY_ID, "--private-key", str(key), "--from", "198.51.100.7/32"]
    signed = call("url", f"{URL}?x=1", *options)
    assert signed.startswith(f"{URL}?x=1&Policy=")
    query = dict(parse_qsl(urlsplit(signed).query))
    check(key, decode(query["Policy"]), query["Signature"])
    assert json.loads(decode(query["Policy"]))["Statement"][0]["Resource"] == f"{URL}?x=1"


def test_cookies_come_as_a_servers_headers_and_for_curl(key: Path) -> None:
    options = ["--key-pair-id", KEY_ID, "--private-key", str(key)]
    lines = call("cookies", URL, *options, "--domain", "example.com").splitlines()
    assert len(lines) == 4
    for line in lines:
        assert line.startswith("Set-Cookie: CloudFront-")
        assert line.endswith("; Domain=example.com; Path=/; Secure; HttpOnly; SameSite=None")
    assert call("cookies", URL, *options, "--format", "curl").startswith("-b 'CloudFront-Policy=")


@pytest.mark.parametrize(
    ("url", "resource"),
    [
        (URL, "https://live.example.com/hls/demo*"),
        ("https://d1.cloudfront.net/testhls/test.m3u8", "https://d1.cloudfront.net/testhls/test*"),
        ("https://d1.cloudfront.net/hls/demo_src/index.m3u8", "https://d1.cloudfront.net/hls/demo*"),
        ("https://d2.cloudfront.net/vod/a/film/master.m3u8", "https://d2.cloudfront.net/vod/a/film/*"),
    ],
)
def test_the_wildcard_covers_all_files_of_a_stream(url: str, resource: str) -> None:
    assert signing.stream_resource(url) == resource


def test_values_are_safe_in_queries_and_cookies() -> None:
    assert (
        signing.encode(bytes(range(256))).strip("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789") != ""
    )
    assert not set(signing.encode(bytes(range(256)) * 3)) & set("+=/; ,&")


def test_everything_wrong_is_said_and_no_key(tmp_path: Path) -> None:
    with pytest.raises(signing.SigningError) as caught:
        signing.Grant(resource="http://h/x", expires=5, starts=9, network="300.0.0.0/8")
    for word in ("address", "expires", "network"):
        assert word in str(caught.value)
    good = signing.Grant(resource=URL, expires=5)
    with pytest.raises(signing.SigningError, match="key pair id"):
        signing.cookies(good, "me", lambda message: b"")
    (tmp_path / "key.pem").write_text("secret words that are no key")
    with pytest.raises(signing.SigningError, match="no private key") as told:
        signing.cookies(good, KEY_ID, signing.openssl(tmp_path / "key.pem"))
    assert "secret words" not in str(told.value)
