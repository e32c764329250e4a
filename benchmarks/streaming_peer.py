"""Node-Media-Server: the one server that takes RTMP and serves HLS in several renditions that a package registry has.

MediaMTX, SRS and OvenMediaEngine are neither in PyPI nor npm nor Debian; what is named after MediaMTX and go2rtc there
fetches its program when it is installed. Node-Media-Server 4 has no HLS any more, and in 2.7.4 the encoder of lower
renditions does not start (it calls a function that is gone): 2.7.0 is the newest that does all of it. It is one server
without an edge and without a second origin.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from benchmarks.javascript import NODE, installed
from benchmarks.streaming_systems import FIXTURES, FPS, RUNGS, STREAM, System, height_of
from rehearsals.streaming_processes import Group, free_port, get, wait_for

PACKAGE, VERSION = "node-media-server", "2.7.0"
NAME: Final = f"Node-Media-Server {VERSION}"


def install() -> Path:
    """Its module, fetched once. Raises `RuntimeError` where npm cannot get it."""
    return installed(f"{PACKAGE}-{VERSION}", PACKAGE, f"{PACKAGE}@{VERSION}") / PACKAGE


@dataclass
class NodeMediaServer:
    """One server in `folder`, from `start` to `stop`. Raises `RuntimeError` where npm cannot get it."""

    folder: Path
    ports: dict[str, int] = field(default_factory=dict)
    programs: dict[str, Group] = field(default_factory=dict)

    def start(self) -> None:
        module = install()
        self.folder.mkdir(parents=True)
        self.ports = {"rtmp": free_port(), "http": free_port()}
        models = [
            {"ab": "64k", "vb": f"{each.kilobits}k", "vs": f"{each.width}x{height_of(each)}", "vf": str(FPS)}
            for each in RUNGS
        ]
        told = self.ports | {"module": str(module), "media": str(self.folder / "media"), "renditions": models}
        settings = self.folder / "settings.json"
        settings.write_text(json.dumps(told))
        server = self.programs["server"] = Group(
            (str(NODE), str(FIXTURES / "node_media_server.js"), str(settings)), self.folder
        )
        server.start()
        wait_for(NAME, lambda: get(f"http://127.0.0.1:{self.ports['http']}/")[0])

    def stop(self) -> None:
        for each in self.programs.values():
            each.stop()

    @property
    def system(self) -> System:
        base = f"http://127.0.0.1:{self.ports['http']}/live/{STREAM}"
        server = self.programs["server"]
        lower = [f"{base}_{height_of(each)}/index.m3u8" for each in RUNGS]
        published = f"rtmp://127.0.0.1:{self.ports['rtmp']}/live/{STREAM}"
        return System(NAME, "", (f"{base}/index.m3u8", *lower), server, server, (published,))
