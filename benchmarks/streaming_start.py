"""From publishing to playable at the edge, and to the first picture."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final
from urllib.parse import urljoin

from benchmarks.streaming_clock import drawn
from benchmarks.streaming_systems import System
from refarch.streaming.data_plane import playlists
from refarch.streaming.hls_rules import master_uris
from refarch.streaming.load.client import Client
from rehearsals.streaming_processes import wait_for

PATIENCE: Final = 90.0  # seconds


@dataclass(frozen=True)
class Started:
    """Seconds after the encoder was started: until every rendition could be had, and until a picture was decoded."""

    playable: float
    first_picture: float


def started(systems: list[System], began: float) -> list[Started]:
    """Watches all of them at once, as viewers that try again ten times a second."""
    with ThreadPoolExecutor(len(systems)) as pool:
        return list(pool.map(lambda system: _await(system, began), systems))


def _await(system: System, began: float) -> Started:
    client = Client()
    segments: list[bytes] = wait_for(system.name, lambda: playable(client, system), PATIENCE)
    ready = time.monotonic() - began
    if not drawn(segments[0]):
        raise RuntimeError(f"{system.name}: no picture in the first segment")
    client.close()
    return Started(ready, time.monotonic() - began)


def playable(client: Client, system: System) -> list[bytes]:
    """A segment of each rendition; nothing while one is missing, or the master playlist does not name them all."""
    if system.master:
        answer = client.get(system.master)
        if not answer.ok or len(master_uris(answer.body.decode())) != len(system.playlists):
            return []
    found = [newest(client, url) for url in system.playlists]
    return [each for each in found if each] if all(found) else []


def newest(client: Client, playlist: str) -> bytes:
    """The newest segment that a playlist lists; empty where there is none."""
    answer = client.get(playlist)
    listed = playlists.parse(answer.body.decode()) if answer.ok else []
    return client.get(urljoin(playlist, listed[-1].file)).body if listed else b""
