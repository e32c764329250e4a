"""One server that was set up for real, for the tests that only look; and fresh hosts for those that break one."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from selenium import webdriver

from refarch.local import LocalCloud
from rehearsals.browser import chromium
from rehearsals.lamp_host import LampHost, lamp_host
from rehearsals.programs import ProgramsMissing, need

PRINTABLE = "".join(map(chr, range(33, 127)))  # every character that a password of Secrets Manager may have


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    try:
        need("web")
    except ProgramsMissing as error:
        pytest.skip(str(error))
    if os.geteuid() != 0:
        pytest.skip("servers that change to their own users can be started by root only")
    with LocalCloud.start(directory=tmp_path_factory.mktemp("cloud")) as cloud:
        yield cloud


@pytest.fixture
def fresh_host(cloud: LocalCloud) -> Iterator[Callable[[], LampHost]]:
    """Makes hosts with good secrets on which nothing has run yet."""
    with ExitStack() as stack:

        def make() -> LampHost:
            host = stack.enter_context(lamp_host(cloud))
            host.secret("lamp/database", {"password": "correct horse"})
            host.secret("lamp/admin", {"username": "admin", "password": PRINTABLE})
            return host

        yield make


class Watch:
    """Looks at every process's arguments and environment while something runs, as any user of the machine can."""

    def __init__(self, *secrets: str) -> None:
        self.secrets, self.seen, self.looks = [secret.encode() for secret in secrets], set[str](), 0
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._end.is_set():
            for process in Path("/proc").glob("[0-9]*"):
                self._look(process)
            self.looks += 1
            time.sleep(0.02)

    def _look(self, process: Path) -> None:
        try:
            text = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
        except OSError:
            return
        if any(secret in text for secret in self.secrets):
            self.seen.add(text.replace(b"\0", b" ")[:200].decode(errors="replace"))


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    try:
        with chromium(tmp_path_factory.mktemp("profile")) as driver:
            yield driver
    except ProgramsMissing as error:
        pytest.skip(str(error))
