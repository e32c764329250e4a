"""The other origin, asked twice a second what it has."""

from __future__ import annotations

import dataclasses
import json
import threading
import time
import urllib.request

from refarch.streaming.data_plane.origin.decision import PeerView

INTERVAL = 0.5
GOOD_FOR = 2.0


class Peer:
    """The newest answer of the other origin. One that is older than two seconds counts for nothing."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self._streams: dict[str, PeerView] = {}
        self._at = float("-inf")
        self._noted: dict[str, tuple[object, ...]] = {}

    def view(self, stream: str) -> PeerView | None:
        """What the peer says about `stream` (`live/demo`); None where it does not answer."""
        if time.monotonic() - self._at > GOOD_FOR:
            return None
        return self._streams.get(stream, PeerView())

    def ask(self) -> None:
        if not self._url:
            return
        try:
            with urllib.request.urlopen(f"{self._url}/peer/", timeout=0.5) as answer:  # noqa: S310 - http, checked
                self._streams = parse(answer.read())
                self._at = time.monotonic()
        except (OSError, ValueError, TypeError):
            return

    def note(self, stream: str, *ours: object) -> None:
        """Ask at once where something of `ours` has changed, which the other origin can see by now.

        So of two origins that change at the same moment, one at least sees the other's change: both cannot take the
        other for the better one.
        """
        if self._noted.get(stream) != ours:
            self._noted[stream] = ours
            self.ask()

    def watch(self) -> None:
        """Ask for ever, in a thread of its own."""
        threading.Thread(target=self._loop, daemon=True, name="peer").start()

    def _loop(self) -> None:
        while self._url:
            self.ask()
            time.sleep(INTERVAL)


def parse(body: bytes) -> dict[str, PeerView]:
    """What a peer says, by stream; names this version does not know are passed over."""
    known = {field.name for field in dataclasses.fields(PeerView)}
    answer = json.loads(body)
    return {name: PeerView(**{key: each[key] for key in known & each.keys()}) for name, each in answer.items()}
