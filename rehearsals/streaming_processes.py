"""Run the data plane of streaming on this machine: the very programs and files of the instances, on free ports.

with Site(folder) as site:
    site.start_origins(); site.start_edge(); site.start_source()
    site.url  # http://127.0.0.1:…/hls/demo.m3u8
"""

from __future__ import annotations

import contextlib
import getpass
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from refarch.streaming.data_plane.settings import EdgeSettings, OriginSettings, Settings, TestSourceSettings, dump
from rehearsals.ports import free_port as free_port

KEY = "rehearsal-publish-key"
SMALL: dict[str, Any] = {
    "rungs": "160:100",
    "preset": "ultrafast",
    "nginx_user": getpass.getuser(),
}
"""A ladder for pictures of 320x160, cheap enough for a busy machine."""


class NotInTime(AssertionError):
    """Something that was waited for did not happen. The text has what was seen last."""


def get(url: str, timeout: float = 5.0) -> tuple[int, bytes, dict[str, str]]:
    """Status, body and headers of `url`; an HTTP error is an answer too. Raises `OSError` where there is none."""
    try:
        with urllib.request.urlopen(url, timeout=timeout) as answer:  # noqa: S310 - http, ours
            return answer.status, answer.read(), dict(answer.headers)
    except urllib.error.HTTPError as error:
        return error.code, error.read(), dict(error.headers)


def wait_for(what: str, check: Callable[[], Any], seconds: float = 40.0) -> Any:
    """The first true answer of `check`; what fails with `OSError` is tried again."""
    until, last = time.monotonic() + seconds, None
    while time.monotonic() < until:
        try:
            if last := check():
                return last
        except OSError as error:
            last = error
        time.sleep(0.05)
    raise NotInTime(f"{what}: not within {seconds:g} s; last seen: {last!r}")


@dataclass
class Group:
    """A program in a process group of its own: what befalls a machine befalls all its processes."""

    words: Sequence[str]
    folder: Path
    process: subprocess.Popen[bytes] | None = None

    def command(self) -> Sequence[str]:
        return self.words

    def start(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        command = self.command()
        with (self.folder / "log.jsonl").open("ab") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )

    def signal(self, number: signal.Signals) -> None:
        """To the whole group."""
        if self.process is not None:
            os.killpg(self.process.pid, number)

    def kill(self) -> None:
        if self.process is not None:
            self.signal(signal.SIGKILL)
            self.process.wait()
            self.process = None

    def stop(self) -> int | None:
        """In an orderly way, as systemd does: the first process alone is told."""
        if self.process is None:
            return None
        self.signal(signal.SIGCONT)
        self.process.terminate()
        try:
            code: int = self.process.wait(20)
        finally:
            with contextlib.suppress(ProcessLookupError):  # nothing may outlive it
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process = None
        return code


class Role(Group):
    """One role, run by the supervisor that runs it on an instance."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        file = folder / "settings.json"
        super().__init__((sys.executable, "-m", "refarch.streaming.data_plane", settings.role, str(file)), folder)
        self.settings = settings

    def command(self) -> Sequence[str]:
        (self.folder / "settings.json").write_text(dump(self.settings))
        return super().command()

    def events(self, name: str) -> list[dict[str, Any]]:
        """What the role has logged of one kind."""
        lines = (self.folder / "log.jsonl").read_text().splitlines()
        found = [json.loads(line) for line in lines if line.startswith("{")]
        return [each for each in found if each["event"] == name]


@dataclass
class Site:
    """Two origins, an edge and a test source in `folder`. Everything stops when the block ends."""

    folder: Path
    stream: str = "demo"
    origin_options: dict[str, Any] = field(default_factory=dict)
    edge_options: dict[str, Any] = field(default_factory=dict)
    source_options: dict[str, Any] = field(default_factory=dict)
    roles: dict[str, Role] = field(default_factory=dict)
    ports: dict[str, int] = field(default_factory=dict)

    def __enter__(self) -> Site:
        self.folder.mkdir(parents=True, exist_ok=True)
        for each in ("primary", "backup"):
            self.ports |= {f"{each}-{what}": free_port() for what in ("rtmp", "http", "control")}
        self.ports["edge"] = free_port()
        (self.folder / "keys.json").write_text(json.dumps({"*": [KEY]}))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for role in reversed(self.roles.values()):
            role.stop()

    @property
    def url(self) -> str:
        return f"{self.base('edge')}/hls/{self.stream}.m3u8"

    def base(self, who: str) -> str:
        return f"http://127.0.0.1:{self.ports[who if who == 'edge' else f'{who}-http']}"

    def publishing_point(self, who: str, application: str = "live", key: str = KEY) -> str:
        return f"rtmp://127.0.0.1:{self.ports[f'{who}-rtmp']}/{application}/{self.stream}?key={key}"

    def start(self, name: str, settings: Settings) -> Role:
        role = self.roles[name] = Role(settings, self.folder / name)
        role.start()
        return role

    def origin_settings(self, name: str, peer: str) -> OriginSettings:
        folder = self.folder / name
        options = SMALL | {
            "name": name,
            "rtmp_listen": f"127.0.0.1:{self.ports[f'{name}-rtmp']}",
            "http_listen": f"127.0.0.1:{self.ports[f'{name}-http']}",
            "control_port": self.ports[f"{name}-control"],
            "peer_url": self.base(peer) if peer else "",
            "publish_keys_file": str(self.folder / "keys.json"),
            "recordings": str(folder / "recordings"),
            "run": str(folder / "run"),
            "log": str(folder / "log"),
        }
        return OriginSettings(**(options | self.origin_options))

    def start_origins(self) -> None:
        for name, peer in (("primary", "backup"), ("backup", "primary")):
            self.start(name, self.origin_settings(name, peer))
        for name in ("primary", "backup"):
            self.wait_until_up(name)

    def start_edge(self) -> Role:
        folder = self.folder / "edge"
        options: dict[str, Any] = {
            "primary": f"127.0.0.1:{self.ports['primary-http']}",
            "backup": f"127.0.0.1:{self.ports['backup-http']}",
            "http_listen": f"127.0.0.1:{self.ports['edge']}",
            "workers": "2",
            "run": str(folder / "run"),
            "log": str(folder / "log"),
            "nginx_user": getpass.getuser(),
        }
        role = self.start("edge", EdgeSettings(**(options | self.edge_options)))
        self.wait_until_up("edge")
        return role

    def wait_until_up(self, who: str) -> None:
        wait_for(who, lambda: get(f"{self.base(who)}/healthz")[0] == 200)

    def start_source(self, *urls: str, name: str = "source") -> Role:
        """Publishes to `urls`; without any, to both origins."""
        points = urls or (self.publishing_point("primary"), self.publishing_point("backup"))
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        (folder / "urls").write_text("\n".join(points))
        options: dict[str, Any] = {"width": 320, "height": 160, "fps": 10, "kilobits": 300}
        options |= {"urls_file": str(folder / "urls"), "run": str(folder / "run"), "log": str(folder / "log")}
        return self.start(name, TestSourceSettings(**(options | self.source_options)))

    def started_together(self) -> bool:
        """Whether the newest packagers of both origins began with the same fragment: then encoded bytes are equal too.

        Otherwise one rate control has seen more than the other; numbers, cuts and the passed-through bytes are equal.
        """
        return len({self.roles[who].events("packaging")[-1]["first"] for who in ("primary", "backup")}) == 1

    def status(self, who: str, application: str = "live") -> dict[str, Any]:
        """The stream's status at an origin; empty while there is none."""
        code, body, _ = get(f"{self.base(who)}/status")
        found: dict[str, Any] = json.loads(body)["streams"] if code == 200 else {}
        return dict(found.get(f"{application}/{self.stream}", {}))
