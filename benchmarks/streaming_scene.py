"""All servers side by side, fed by one encoder at the same moment: what befalls the machine befalls all of them."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from benchmarks.streaming_original import Original
from benchmarks.streaming_peer import NodeMediaServer
from benchmarks.streaming_systems import FPS, HEIGHT, KILOBITS, RUNGS, STREAM, WIDTH, System
from rehearsals.streaming_processes import Role, Site, free_port
from rehearsals.streaming_relay import Relay

OURS: Final = "refarch"
SAME_PRESET: Final = "ultrafast"
"""What the original encodes with. Ours is `veryfast` as it is delivered; one more origin of ours runs with this."""
PICTURE: Final[dict[str, Any]] = {"width": WIDTH, "height": HEIGHT, "fps": FPS, "kilobits": KILOBITS}
LADDER: Final[dict[str, Any]] = {"rungs": " ".join(f"{each.width}:{each.kilobits}" for each in RUNGS)}


@dataclass
class Scene:
    """`systems` by name, ours first. `links`: how the encoder reaches the two primaries, so that it can be cut off."""

    site: Site
    original: Original
    peer: NodeMediaServer | None
    links: list[Relay] = field(default_factory=list)
    same_preset: Role | None = None

    @property
    def systems(self) -> list[System]:
        found = [own_system(self.site), self.original.system]
        return found if self.peer is None else [*found, self.peer.system]

    def publish(self) -> float:
        """Start the encoder; the time (monotonic) just before."""
        addresses = [self._through_a_link(system.publish) for system in self.systems[:2]]
        points = [*addresses[0], *addresses[1], *(self.systems[2].publish if self.peer else ())]
        points += [self.site.publishing_point("alone")] if self.same_preset else []
        began = time.monotonic()
        self.site.start_source(*points)
        return began

    def close(self) -> None:
        for each in self.links:
            each.__exit__(None, None, None)

    def _through_a_link(self, points: tuple[str, ...]) -> list[str]:
        port = int(points[0].split(":")[2].partition("/")[0])
        link = Relay(port)
        self.links.append(link)
        return [points[0].replace(f":{port}/", f":{link.port}/"), *points[1:]]


@contextmanager
def scene(folder: Path, *, peer: bool, same_preset: bool) -> Iterator[Scene]:
    """Everything but the encoder, running while the block does; `peer`: with Node-Media-Server."""
    with ExitStack() as stack, _told(folder):
        options = LADDER | {"preset": "veryfast"}
        site = stack.enter_context(Site(folder / "ours", STREAM, options, source_options=PICTURE))
        original = Original(folder / "original")
        stack.callback(original.stop)
        server = NodeMediaServer(folder / "peer") if peer else None
        made = Scene(site, original, server)
        stack.callback(made.close)
        site.start_origins()
        site.start_edge()
        original.start()
        if server is not None:
            stack.callback(server.stop)
            server.start()
        made.same_preset = _alone(site) if same_preset else None
        yield made


@contextmanager
def _told(folder: Path) -> Iterator[None]:
    """Where something fails, what the servers wrote last."""
    try:
        yield
    except Exception:
        for log in sorted([*folder.rglob("log.jsonl"), *folder.rglob("*error.log")]):
            for line in log.read_text(errors="replace").splitlines()[-5:]:
                print(f"{log.relative_to(folder)}: {line[:300]}", file=sys.stderr)
        raise


def own_system(site: Site) -> System:
    names = ["src", *(str(each.width) for each in RUNGS)]
    return System(
        OURS,
        site.url,
        tuple(site.url.replace(".m3u8", f"_{name}/index.m3u8") for name in names),
        site.roles["primary"],
        site.roles["edge"],
        tuple(site.publishing_point(who) for who in ("primary", "backup")),
        tuple(site.folder / who / "log" / "origin-access.log" for who in ("primary", "backup")),
    )


def _alone(site: Site) -> Role:
    """One more origin of ours, with the original's preset and without a peer: for its CPU."""
    site.ports |= {f"alone-{what}": free_port() for what in ("rtmp", "http", "control")}
    before = site.origin_options
    site.origin_options = before | {"preset": SAME_PRESET}
    try:
        role = site.start("alone", site.origin_settings("alone", ""))
    finally:
        site.origin_options = before
    site.wait_until_up("alone")
    return role
