"""One stream at one origin: follows its encoder, publishes its segments, serves or withholds its playlists.

encoder ──▶ nginx-rtmp ──▶ packager (ffmpeg) ──▶ shelf ──▶ nginx ──▶ edge
                 └── publish, publish-done ──▶ this thread ──▶ lease
"""

from __future__ import annotations

import threading
import time
from pathlib import Path

from refarch.streaming.data_plane import clock, ladder
from refarch.streaming.data_plane.origin import statistics
from refarch.streaming.data_plane.origin.decision import OwnView, PeerView, Verdict, decide
from refarch.streaming.data_plane.origin.keys import APPLICATIONS
from refarch.streaming.data_plane.origin.packager import Packager, Piece, Plan
from refarch.streaming.data_plane.origin.peer import Peer
from refarch.streaming.data_plane.origin.shelf import Shelf
from refarch.streaming.data_plane.playlists import Variant
from refarch.streaming.data_plane.settings import OriginSettings
from refarch.streaming.data_plane.supervisor import log

TICK = 0.1
RETRY_SECONDS = 0.3
LOST_SECONDS = 5.0
"""An encoder that came this long ago and that nginx does not know has left."""
LONGEST_LEAD = 10_000
AUDIO_KILOBITS = 200
"""Allowed for in BANDWIDTH: the audio is passed through, whatever the encoder makes of it."""


class LiveStream(threading.Thread):
    """Runs from the first publish until the event has ended and its playlists have been taken down."""

    def __init__(self, settings: OriginSettings, application: str, name: str, peer: Peer) -> None:
        super().__init__(name=f"{application}/{name}", daemon=True)
        self.key = f"{application}/{name}"
        self._settings, self._application, self._stream, self._peer = settings, application, name, peer
        self._port = int(settings.http_listen.rpartition(":")[2])
        self._fragment = settings.fragment_seconds * 1000
        self._shelf = Shelf(Path(settings.run), APPLICATIONS[application], name)
        self._sessions, self._came_at = 0, 0.0
        self._publishing = threading.Event()
        self._packager: Packager | None = None
        self._packaged_session = 0
        self._renditions: tuple[ladder.Rendition, ...] = ()
        self._codecs: dict[str, tuple[str, ...]] = {}
        self._numbers: list[int] = []
        self._listed_at = time.monotonic()
        self._offset: int | None = None
        self._bandwidth = 0
        self._lead = settings.lead_ms
        self._phase = 0
        self._not_before = 0.0
        self._serving = self._ended = False

    def encoder_came(self) -> None:
        self._sessions += 1
        self._came_at = time.monotonic()
        self._publishing.set()

    def encoder_left(self) -> None:
        self._publishing.clear()

    def peer_view(self) -> dict[str, object]:
        """What the other origin asks for."""
        view = PeerView(
            publishing=self._publishing.is_set(),
            serving=self._serving,
            listed=len(self._numbers),
            last=self._last(),
            offset=self._offset,
            bandwidth=self._bandwidth,
        )
        return dict(vars(view))

    def status(self) -> dict[str, object]:
        """What operators ask for."""
        packager = self._packager
        return {
            **self.peer_view(),
            "ended": self._ended,
            "seconds_since_segment": round(time.monotonic() - self._listed_at, 1),
            "renditions": [f"{each.name} {each.width}x{each.height}" for each in self._renditions],
            "phase_ms": self._phase,
            "key_frames_irregular": packager is not None and packager.irregular,
        }

    def run(self) -> None:
        self._shelf.clear()
        while not self._over():
            try:
                self._follow_encoder()
                self._collect()
                self._judge()
            except OSError as error:  # nginx restarting, a full disk: the next round tries again
                log("retrying", stream=self.key, why=str(error))
                time.sleep(RETRY_SECONDS)
            time.sleep(TICK)
        self._shelf.clear()
        log("taken down", stream=self.key)

    def _over(self) -> bool:
        kept = self._settings.end_grace_seconds + self._settings.ended_keep_seconds
        return not self._publishing.is_set() and self._silent() > kept

    def _last(self) -> int | None:
        return self._numbers[-1] if self._numbers else None

    def _silent(self) -> float:
        return time.monotonic() - self._listed_at

    def _follow_encoder(self) -> None:
        packager = self._packager
        if packager is not None and packager.running:
            if not self._publishing.is_set():
                statistics.release(self._port, self._application, self._stream)
                return
            if self._packaged_session != self._sessions or self._stalled(packager):
                log("packager stopped", stream=self.key, stalled=self._stalled(packager))
                packager.kill()
            return
        if self._publishing.is_set() and time.monotonic() >= self._not_before:
            self._not_before = time.monotonic() + RETRY_SECONDS
            self._start()

    def _stalled(self, packager: Packager) -> bool:
        patience = 3 * self._settings.fragment_seconds + self._lead / 1000 + self._settings.end_grace_seconds
        return min(self._silent(), time.monotonic() - packager.started) > patience

    def _start(self) -> None:
        session = self._sessions
        known = statistics.fetch(self._port)
        if (self._application, self._stream) not in statistics.publishing(known):
            # nginx died and took the encoder's connection with it, or it has just left.
            if time.monotonic() - self._came_at > LOST_SECONDS:
                self.encoder_left()
            return
        found = statistics.publisher(known, self._application, self._stream)
        if found is None:
            return
        if not self._numbers:
            self._peer.ask()
        view = self._peer.view(self.key) or PeerView()
        wall = round(time.time() * 1000)
        self._offset = clock.choose_offset(wall, found.stamp, self._fragment, [self._offset, view.offset])
        self._bandwidth = self._bandwidth or view.bandwidth
        start = clock.first_segment(found.stamp, self._offset, self._fragment, self._lead)
        if self._settings.packager == "rtmp-loopback":
            start = clock.Start(start.number, start.stream_time, 0)
        rungs = ladder.parse_rungs(self._settings.rungs) if self._application == "live" else ()
        renditions = tuple(ladder.plan(found.source, rungs))
        if self._ended or renditions != self._renditions:
            self._forget()
        self._renditions, self._packaged_session = renditions, session
        plan = Plan(self._application, self._stream, renditions, found.source.has_audio, start)
        self._packager = Packager(self._settings, plan)
        log(
            "packaging",
            stream=self.key,
            pid=self._packager.process.pid,
            first=start.number,
            renditions=[each.name for each in renditions],
        )

    def _forget(self) -> None:
        """A new event under the same name, or another picture: nothing of the old one stays up."""
        self._shelf.clear()
        self._numbers, self._codecs, self._ended, self._serving, self._bandwidth = [], {}, False, False, 0

    def _collect(self) -> None:
        """Publish what the packager has finished. Without an encoder its last, short segment waits for the end."""
        packager = self._packager
        if packager is None or not self._publishing.is_set() or self._packaged_session != self._sessions:
            return
        pieces = list(packager.scan())
        if pieces and self._late_start(packager, pieces[0]):
            return
        self._add([piece for piece in pieces if piece.whole])

    def _late_start(self, packager: Packager, piece: Piece) -> bool:
        """A packager that got going too late cuts between the others' cuts: start again, with more time, once."""
        self._phase = piece.phase
        first = piece.number <= packager.plan.start.number + 1 and self._lead == self._settings.lead_ms
        if not first or abs(piece.phase) < self._fragment / 4 or self._settings.packager != "ffmpeg":
            return False
        self._lead = min(2 * self._lead, LONGEST_LEAD)
        log("started late", stream=self.key, off_by_ms=piece.phase, lead_ms=self._lead)
        packager.kill()
        return True

    def _add(self, pieces: list[Piece], *, ended: bool = False) -> None:
        for piece in pieces:
            self._shelf.add(piece.rendition, piece.number, piece.seconds, piece.file)
            self._codecs.setdefault(piece.rendition, piece.codecs)
            if piece.rendition == ladder.SOURCE_NAME and not self._bandwidth:
                self._bandwidth = ladder.measured_bandwidth(piece.file.stat().st_size, piece.seconds)
        names = [each.name for each in self._renditions]
        numbers = self._shelf.common(names, self._settings.playlist_segments)
        if not numbers or (numbers == self._numbers and not ended):
            return
        if numbers != self._numbers:
            self._listed_at = time.monotonic()
        self._shelf.list(names, numbers, self._fragment, ended=ended)
        self._shelf.master([self._variant(each) for each in self._renditions])
        self._numbers = numbers

    def _variant(self, each: ladder.Rendition) -> Variant:
        rate = ladder.bandwidth(each, AUDIO_KILOBITS, self._settings.fragment_seconds)
        rate = self._bandwidth if each.passed_through else rate
        codecs = self._codecs.get(each.name, ())
        return Variant(self._shelf.uri(each.name), rate, each.width, each.height, each.fps, codecs)

    def _judge(self) -> None:
        settings, packager = self._settings, self._packager
        publishing = self._publishing.is_set()
        own = OwnView(
            publishing=publishing,
            packaging=packager is not None and packager.running,
            serving=self._serving,
            listed=len(self._numbers),
            last=self._last(),
            silent=self._silent(),
        )
        late = settings.fragment_seconds + settings.late_seconds
        verdict = decide(own, self._peer.view(self.key), late_after=late, end_after=settings.end_grace_seconds)
        if verdict is Verdict.END and not self._ended:
            self._close()
        self._serve_if(verdict is not Verdict.WITHHOLD)

    def _close(self) -> None:
        """The last, short segment, and the mark that nothing follows."""
        if self._packager and self._packager.running:
            self._packager.kill()
        silent_since = self._listed_at
        self._add(list(self._packager.scan()) if self._packager else [], ended=True)
        self._listed_at, self._ended = silent_since, True
        log("ended", stream=self.key, last=self._last())

    def _serve_if(self, serve: bool) -> None:
        if serve:
            self._shelf.renew_lease()
        elif self._serving:
            self._shelf.end_lease()
        if serve != self._serving:
            log(
                "serving" if serve else "withholding",
                stream=self.key,
                last=self._last(),
            )
        self._serving = serve
