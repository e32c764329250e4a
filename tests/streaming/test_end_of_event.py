"""An event ends: players get the rest and the mark that nothing follows; an encoder that restarts goes on."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from refarch.streaming.data_plane import playlists
from rehearsals.streaming_processes import Site, get, wait_for
from rehearsals.streaming_watcher import Watcher

pytestmark = pytest.mark.rehearsal


@pytest.fixture
def site(tmp_path: Path, programs: None) -> Iterator[Site]:
    with Site(
        tmp_path, origin_options={"fragment_seconds": 1, "end_grace_seconds": 8.0, "ended_keep_seconds": 3.0}
    ) as site:
        site.start_origins()
        site.start_edge()
        yield site


def playlist(site: Site) -> str:
    return get(site.url.replace(".m3u8", "_src/index.m3u8"))[1].decode()


def test_an_event_from_its_start_over_a_restart_to_its_end(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    encoder = site.start_source()
    with Watcher(site.url) as watcher:
        watcher.see(2)
        before = max(watcher.tracks[min(watcher.tracks)].numbers)
        encoder.signal(signal.SIGKILL)  # the encoder crashes; a person starts it again
        assert encoder.process is not None
        encoder.process.wait()
        encoder.start()
        watcher.see(2)
        assert max(watcher.tracks[min(watcher.tracks)].numbers) > before
        encoder.stop()
        wait_for("the end at the viewer", lambda: all(track.ended for track in watcher.tracks.values()))
    assert watcher.failures == []
    assert all(track.regressions == 0 for track in watcher.tracks.values())
    text = playlist(site)
    assert playlists.ended(text)
    assert sum(each.seconds for each in playlists.parse(text)) > 1
    wait_for("the playlists to be taken down", lambda: get(site.url)[0] == 404)
    whole_recordings(site, capsys)


def whole_recordings(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    """Both sessions on both origins, none cut, nothing left where files are written."""
    for who in ("primary", "backup"):
        folder = site.folder / who / "recordings"
        assert list(folder.glob("*.flv")) == []
        found = sorted((folder / "finished").glob("*.flv"))
        assert len(found) == 2
        for file in found:
            about = json.loads(file.with_suffix(".json").read_text())
            assert (about["stream"], about["origin"], about["bytes"]) == ("demo", who, file.stat().st_size)
