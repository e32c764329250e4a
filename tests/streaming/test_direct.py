"""The origin as CloudFront's second choice: the same paths, the same answers, for who shows the key, and no more."""

from __future__ import annotations

import http.client
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from refarch.streaming.data_plane import nginx_files
from refarch.streaming.data_plane.problems import InvalidSettingsError
from refarch.streaming.data_plane.settings import OriginSettings
from refarch.streaming.edge_signing import sign
from rehearsals.streaming_processes import Site, free_port, get

KEY, SIGNING = "what-cloudfront-shows", "a-signing-key-of-the-tests"
STREAM = ("/hls/demo.m3u8", "/hls/demo_src/index.m3u8", "/hls/demo_src/7.ts")
SAME = ("Cache-Control", "Content-Type", "Access-Control-Allow-Origin", "X-Media-Handled-By")


def ask(site: Site, path: str, *headers: tuple[str, str]) -> tuple[int, bytes, dict[str, str]]:
    """`path` as it is: no client makes it tidy on the way."""
    connection = http.client.HTTPConnection("127.0.0.1", site.ports["primary-direct"], timeout=5)
    try:
        connection.request("GET", path, headers=dict(headers))
        answer = connection.getresponse()
        return answer.status, answer.read(), dict(answer.headers)
    finally:
        connection.close()


def start(site: Site, folder: Path, **further: str) -> None:
    """One origin that has a stream, but no encoder: its files are there, and its lease runs on."""
    (folder / "direct-key").write_text(f"{KEY}\n")
    site.ports["primary-direct"] = free_port()
    settings = site.origin_settings("primary", "")
    options = {"direct_listen": f"127.0.0.1:{site.ports['primary-direct']}", "direct_key_file": f"{folder}/direct-key"}
    site.start("primary", OriginSettings(**{**vars(settings), **options, **further}))
    site.wait_until_up("primary")
    run = Path(settings.run)
    for path in STREAM:
        (run / "www" / path[1:]).parent.mkdir(parents=True, exist_ok=True)
        (run / "www" / path[1:]).write_text(f"this is {path}")
    for second in range(int(time.time()) - 1, int(time.time()) + 1800):
        (run / "lease" / f"hls-demo.{second}").touch()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, programs: None) -> Iterator[Site]:
    with Site(folder := tmp_path_factory.mktemp("direct")) as site:
        start(site, folder)
        yield site


@pytest.mark.parametrize("path", STREAM)
def test_cloudfront_gets_what_an_edge_gets(site: Site, path: str) -> None:
    status, body, headers = ask(site, path, ("X-Refarch-Origin", KEY))
    assert (status, body) == (200, f"this is {path}".encode())
    plain = get(site.base("primary") + path)[2]
    assert {name: headers[name] for name in SAME} == {name: plain[name] for name in SAME}
    assert headers["Cache-Control"].startswith("public, max-age=3600" if path.endswith(".ts") else "max-age=1,")


@pytest.mark.parametrize("headers", [(), (("X-Refarch-Origin", ""),), (("X-Refarch-Origin", f"{KEY}x"),)])
def test_who_does_not_show_the_key_is_refused(site: Site, headers: tuple[tuple[str, str], ...]) -> None:
    assert {ask(site, path, *headers)[0] for path in (*STREAM, "/", "/status")} == {403}


@pytest.mark.parametrize(
    "path",
    [
        *("/status", "/stat", "/peer/live/demo", "/control/drop/client?app=live", "/healthz", "/hls/../stat"),
        *("/hls/%2e%2e/status", "/hls/..%2fstat", "/hls//../status", "/testhls/nobody.m3u8", "/hls/nobody_src/1.ts"),
    ],
)
def test_the_key_opens_streams_and_nothing_else(site: Site, path: str) -> None:
    assert ask(site, path, ("X-Refarch-Origin", KEY))[0] in (400, 404)


def test_where_addresses_are_signed_the_origin_asks_for_it_too(tmp_path: Path, programs: None) -> None:
    (tmp_path / "signing").write_text(SIGNING)
    with Site(tmp_path) as site:
        start(site, tmp_path, signing_key_file=str(tmp_path / "signing"))
        shown = ("X-Refarch-Origin", KEY)
        signed = [sign(path, key=SIGNING, expires=int(time.time()) + 600) for path in STREAM]
        assert [ask(site, path, shown)[:2] for path in signed] == [(200, f"this is {p}".encode()) for p in STREAM]
        assert {ask(site, path, shown)[0] for path in STREAM} == {403}
        assert ask(site, signed[0].replace("demo", "other"), shown)[0] == 403
        assert {ask(site, path)[0] for path in signed} == {403}
        # The edges, which have checked it already, ask without.
        assert get(site.base("primary") + STREAM[0])[0] == 200


def test_a_direct_address_takes_a_key_that_cannot_be_misread() -> None:
    with pytest.raises(InvalidSettingsError, match="direct_key_file"):
        OriginSettings(direct_listen="127.0.0.1:8080")
    settings = OriginSettings(direct_listen="127.0.0.1:8080", direct_key_file="/etc/key")
    for key in ("", "short", 'a-key-that-ends"; } server {'):
        with pytest.raises(nginx_files.WeakKeyError, match="direct key"):
            nginx_files.origin(settings, direct_key=key)
    assert "refarch_origin" in nginx_files.origin(settings, direct_key="k" * 16)
    assert "refarch_origin" not in nginx_files.origin(OriginSettings())
