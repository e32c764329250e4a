"""Roles that are told of new secrets while they run: what reads them at its start takes them over, or is replaced."""

from __future__ import annotations

import signal
import time
from pathlib import Path
from typing import Any

import pytest

from refarch.streaming.data_plane.settings import TestSourceSettings
from refarch.streaming.edge_signing import sign
from rehearsals.streaming_processes import Role, Site, get, wait_for

pytestmark = pytest.mark.rehearsal
OLD, NEW = "an-old-signing-key-of-edges", "a-new-signing-key-of-edges"


def tell(role: Role) -> None:
    """As systemctl reload does: the supervisor alone."""
    assert role.process is not None
    role.process.send_signal(signal.SIGHUP)


def test_an_edge_takes_a_new_signing_key_and_keeps_the_old_one_where_the_new_is_none(
    tmp_path: Path, programs: None
) -> None:
    key = tmp_path / "key"
    key.write_text(OLD)
    with Site(tmp_path, edge_options={"signing_key_file": str(key)}) as site:
        edge = site.start_edge()

        def lets_in(word: str) -> bool:
            """There is no origin here: whoever is let in is told so, and may try again."""
            signed = sign("/hls/demo.m3u8", key=word, expires=round(time.time()) + 600)
            status, _, headers = get(site.base("edge") + signed)
            assert status == 403 or (status, headers.get("Retry-After")) == (503, "2")
            return status == 503

        assert (lets_in(OLD), lets_in(NEW)) == (True, False)
        key.write_text("too short")
        tell(edge)
        wait_for("the refusal", lambda: edge.events("not renewed"))
        assert lets_in(OLD)
        key.write_text(NEW)
        tell(edge)
        wait_for("the new key", lambda: lets_in(NEW))
        wait_for("the end of the old one", lambda: not lets_in(OLD))
        assert len(edge.events("started")) == 1


def test_a_test_source_publishes_with_the_new_key(tmp_path: Path, programs: None) -> None:
    urls = tmp_path / "urls"
    urls.write_text("rtmp://127.0.0.1:9/live/demo?key=old-key-of-it")
    folders = {"run": str(tmp_path / "run"), "log": str(tmp_path / "log")}
    small: dict[str, Any] = {"width": 160, "height": 80, "fps": 5, **folders}
    role = Role(TestSourceSettings(urls_file=str(urls), **small), tmp_path / "source")
    role.start()
    try:
        wait_for("the encoder", lambda: role.events("started"))
        urls.write_text("rtmp://127.0.0.1:9/live/demo?key=new-key-of-it")
        tell(role)
        wait_for("another encoder", lambda: len(role.events("started")) == 2)
        command = Path(f"/proc/{role.events('started')[1]['pid']}/cmdline")
        wait_for("the new key", lambda: b"new-key-of-it" in command.read_bytes())
        assert [each["restarted"] for each in role.events("renewed")] == [True]
    finally:
        role.stop()
