"""The post's two origins and its edge, from configurations written anew after it (streaming_fixtures).

What differs from the post: ports and folders, renditions of a smaller picture, two workers at the edge as ours has,
nothing is uploaded, and the encoder publishes to both origins, where the post's test source had one.
"""

from __future__ import annotations

import getpass
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from benchmarks.streaming_systems import FIXTURES, KILOBITS, RUNGS, STREAM, System
from refarch.streaming.data_plane.ladder import Rung
from refarch.streaming.data_plane.render import render
from rehearsals.streaming_processes import Group, free_port, get, wait_for

NAME: Final = "the original's configuration"
NGINX: Final = "/usr/sbin/nginx"
ORIGINS: Final = ("primary", "backup")


@dataclass
class Original:
    """Two origins and an edge in `folder`, from `start` to `stop`."""

    folder: Path
    ports: dict[str, int] = field(default_factory=dict)
    programs: dict[str, Group] = field(default_factory=dict)

    def start(self) -> None:
        self.ports = {name: free_port() for each in ORIGINS for name in (each, f"{each}-rtmp")} | {"edge": free_port()}
        for each in ORIGINS:
            self._start(each, "original_origin.nginx.conf", self._origin(each))
        ports: dict[str, object] = {"PRIMARY_PORT": self.ports["primary"], "BACKUP_PORT": self.ports["backup"]}
        self._start("edge", "original_edge.nginx.conf", ports)
        for name in (*ORIGINS, "edge"):
            self._await(f"http://127.0.0.1:{self.ports[name]}/")

    def stop(self) -> None:
        for each in self.programs.values():
            each.stop()

    @property
    def system(self) -> System:
        base = f"http://127.0.0.1:{self.ports['edge']}/hls"
        names = ["src", *(str(each.width) for each in RUNGS)]
        return System(
            NAME,
            f"{base}/{STREAM}.m3u8",
            tuple(f"{base}/{STREAM}_{name}/index.m3u8" for name in names),
            self.programs["primary"],
            self.programs["edge"],
            tuple(f"rtmp://127.0.0.1:{self.ports[f'{each}-rtmp']}/live/{STREAM}" for each in ORIGINS),
            tuple(self.folder / each / "access.log" for each in ORIGINS),
        )

    @staticmethod
    def _await(url: str) -> None:
        wait_for(url, lambda: get(url)[0])

    def _origin(self, name: str) -> dict[str, object]:
        port = self.ports[f"{name}-rtmp"]
        variants = [f"      hls_variant _src BANDWIDTH={KILOBITS * 1000};"]
        variants += [f"      hls_variant _{each.width} BANDWIDTH={each.kilobits * 1000};" for each in RUNGS]
        encoded = [f"        {encoder(each, port)}" for each in RUNGS]
        return {"RTMP_PORT": port, "VARIANTS": "\n".join(variants), "RENDITIONS": "\n".join(encoded)}

    def _start(self, name: str, fixture: str, values: dict[str, object]) -> None:
        folder = self.folder / name
        for each in ("tmp", "recordings", "www/hls"):
            (folder / each).mkdir(parents=True, exist_ok=True)
        values |= {"USER": getpass.getuser(), "RUN": folder, "HTTP_PORT": self.ports[name]}
        conf = folder / "nginx.conf"
        conf.write_text(render((FIXTURES / fixture).read_text(), values))
        self.programs[name] = Group((NGINX, "-c", str(conf)), folder)
        self.programs[name].start()


def encoder(rung: Rung, port: int) -> str:
    """The words with which the post encodes a rendition and sends it back: constant quality wins over the rate."""
    return (
        f"-vf scale={rung.width}:-2 -c:v libx264 -preset ultrafast -tune zerolatency -crf 23 -b:v {rung.kilobits}k"
        " -x264opts keyint=60:min-keyint=60:no-scenecut -pix_fmt yuv420p -c:a aac -b:a 96k"
        f" -f flv rtmp://127.0.0.1:{port}/show/$name_{rung.width}"
    )
