"""One stream at one origin: follows its encoder, publishes its segments, serves or withholds its playlists.

encoder ──▶ nginx-rtmp ──▶ packager (ffmpeg) ──▶ publication ──▶ nginx ──▶ edge
                └── publish, publish-done ──▶ this thread ──▶ lease
"""

from __future__ import annotations

import os
import threading
import time

from refarch.streaming.data_plane import clock, ladder, processors
from refarch.streaming.data_plane.origin import statistics, waiting
from refarch.streaming.data_plane.origin.decision import OwnView, PeerView, Verdict, decide, gives_way
from refarch.streaming.data_plane.origin.keys import APPLICATIONS
from refarch.streaming.data_plane.origin.packager import Packager, Piece, Plan
from refarch.streaming.data_plane.origin.part_packager import PartPackager
from refarch.streaming.data_plane.origin.peer import Peer
from refarch.streaming.data_plane.origin.publication import Publication
from refarch.streaming.data_plane.settings import OriginSettings
from refarch.streaming.data_plane.supervisor import log

TICK, PART_TICK = 0.1, 0.03
RETRY_SECONDS = 0.3
FRESH_SECONDS, LOST_SECONDS = 1.5, 5.0
"""An encoder that came this long ago: its packager is about to start; and, if nginx does not know it, it has left."""
SHORTEST_LEAD, LONGEST_LEAD = 1_300, 10_000


class LiveStream(threading.Thread):
    """Runs from the first publish until the event has ended and its playlists have been taken down."""

    def __init__(self, settings: OriginSettings, application: str, name: str, peer: Peer) -> None:
        super().__init__(name=f"{application}/{name}", daemon=True)
        self.key = f"{application}/{name}"
        self._settings, self._application, self._stream, self._peer = settings, application, name, peer
        self._port = int(settings.http_listen.rpartition(":")[2])
        self._fragment = settings.fragment_seconds * 1000
        self._publication = Publication(settings, APPLICATIONS[application], name)
        self._lock = threading.Lock()
        self._closed = False
        self._sessions, self._came_at = 0, 0.0
        self._publishing = threading.Event()
        self._packager: Packager | None = None
        self._packaged_session = self._gave_way = 0
        self._offset: int | None = None
        self._lead = settings.lead_ms
        self._phase = 0
        self._not_before, self._serving = 0.0, False
        self._tick = PART_TICK if settings.part_ms else TICK
        self._news = threading.Condition()

    def wait_for(self, number: int, part: int | None, seconds: float) -> bool:
        """Whether the segment, or that part of it, is listed, or comes to be within `seconds` while we serve."""
        with self._news:
            self._news.wait_for(lambda: not self._serving or self._publication.has(number, part), seconds)
        return self._publication.has(number, part)

    def beyond(self, number: int) -> bool:
        """Whether nobody can know of this segment yet."""
        return number > (self._publication.last or 0) + waiting.AHEAD

    def encoder_came(self) -> bool:
        """False where this stream has been taken down: then it needs another."""
        with self._lock:
            if not self._closed:
                self._sessions += 1
                self._came_at = time.monotonic()
                self._publishing.set()
            return not self._closed

    def encoder_left(self) -> None:
        self._publishing.clear()

    def peer_view(self) -> dict[str, object]:
        """What the other origin asks for."""
        publication = self._publication
        view = PeerView(
            publishing=self._publishing.is_set(),
            serving=self._serving,
            listed=len(publication.numbers),
            last=publication.position,
            offset=self._offset,
            first=self._packager.plan.start.number if self._packager is not None else None,
            bandwidth=publication.bandwidth,
        )
        return dict(vars(view))

    def status(self) -> dict[str, object]:
        """What operators ask for."""
        packager, publication = self._packager, self._publication
        return {
            **self.peer_view(),
            "ended": publication.ended,
            "seconds_since_segment": round(publication.silent, 1),
            "renditions": [f"{each.name} {each.width}x{each.height}" for each in publication.renditions],
            "phase_ms": self._phase,
            "key_frames_irregular": packager is not None and packager.irregular,
        }

    def run(self) -> None:
        self._publication.shelf.clear()
        while not self._over():
            try:
                self._follow_encoder()
                self._collect()
                self._judge()
            except OSError as error:  # nginx restarting, a full disk: the next round tries again
                log("retrying", stream=self.key, why=str(error))
                time.sleep(RETRY_SECONDS)
            with self._news:
                self._news.notify_all()
            time.sleep(self._tick)
        self._publication.shelf.clear()
        log("taken down", stream=self.key)

    def _over(self) -> bool:
        kept = self._settings.end_grace_seconds + self._settings.ended_keep_seconds
        with self._lock:
            self._closed = not self._publishing.is_set() and self._publication.silent > kept
            return self._closed

    def _follow_encoder(self) -> None:
        packager = self._packager
        if packager is not None and packager.running:
            if not self._publishing.is_set():
                statistics.release(self._port, self._application, self._stream)
                return
            if self._packaged_session != self._sessions or self._stalled(packager):
                log("packager stopped", stream=self.key, stalled=self._stalled(packager))
                packager.kill()
            elif not self._publication.numbers and self._gave_way != self._sessions:
                self._align(packager)
            return
        if self._publishing.is_set() and time.monotonic() >= self._not_before:
            self._not_before = time.monotonic() + RETRY_SECONDS
            self._start()

    def _align(self, packager: Packager) -> None:
        """Start again as the peer did, once a session, so that both agree on every number and byte."""
        view = self._peer.view(self.key)
        if gives_way(self._offset or 0, packager.plan.start.number, view, self._fragment):
            self._gave_way = self._sessions
            packager.kill()
            self._start(view)

    def _stalled(self, packager: Packager) -> bool:
        patience = 3 * self._settings.fragment_seconds + self._lead / 1000 + self._settings.end_grace_seconds
        return min(self._publication.silent, time.monotonic() - packager.started) > patience

    def _start(self, like: PeerView | None = None) -> None:
        session = self._sessions
        known = statistics.fetch(self._port)
        if (self._application, self._stream) not in statistics.publishing(known):
            # nginx died and took the encoder's connection with it, or it has just left.
            if time.monotonic() - self._came_at > LOST_SECONDS:
                self.encoder_left()
            return
        found = statistics.publisher(known, self._application, self._stream)
        if found is None:
            self._not_before = 0.0  # its first frame comes in a moment
            return
        if not self._publication.numbers:
            self._peer.ask()
        view = self._peer.view(self.key) or PeerView()
        wall = round(time.time() * 1000)
        self._offset = clock.choose_offset(wall, found.stamp, self._fragment, [self._offset, view.offset])
        start = clock.first_segment(found.stamp, self._offset, self._fragment, self._lead)
        if like is not None and like.first is not None and like.offset is not None:
            self._offset = like.offset
            theirs = clock.start_at(like.first, like.offset, self._fragment)
            late = theirs.stream_time < found.stamp + SHORTEST_LEAD
            start = clock.first_segment(found.stamp, like.offset, self._fragment, self._lead) if late else theirs
        if self._settings.packager == "rtmp-loopback":
            start = clock.Start(start.number, start.stream_time, 0)
        elif self._settings.segment_format == "fmp4":
            start = clock.Start(start.number, start.stream_time, self._offset)  # 64 bits: the time of day, for ever
        rungs = ladder.parse_rungs(self._settings.rungs) if self._application == "live" else ()
        renditions = tuple(ladder.plan(found.source, rungs))
        if self._publication.begin(renditions, view.bandwidth):
            self._serving = False
        self._packaged_session = session
        plan = Plan(self._application, self._stream, renditions, found.source, start)
        self._packager = (Packager if self._settings.segment_format == "mpegts" else PartPackager)(self._settings, plan)
        log(
            "packaging",
            stream=self.key,
            pid=self._packager.process.pid,
            first=start.number,
            renditions=[each.name for each in renditions],
        )
        work = processors.work(found.source, renditions, self._settings.preset, self._settings.encoder_threads)
        if not work.fits(here := os.cpu_count() or 1):
            log("too heavy", stream=self.key, needs=work.least(), processors=here, busy=round(work.processors, 2))

    def _collect(self) -> None:
        """Publish what the packager has finished. Without an encoder its last, short segment waits for the end."""
        packager = self._packager
        if packager is None or not self._publishing.is_set() or self._packaged_session != self._sessions:
            return
        pieces = list(packager.scan())
        if pieces and self._late_start(packager, pieces[0]):
            return
        self._publication.add([piece for piece in pieces if piece.whole])

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

    def _judge(self) -> None:
        settings, packager, publication = self._settings, self._packager, self._publication
        publishing, fresh = self._publishing.is_set(), time.monotonic() - self._came_at < FRESH_SECONDS
        own = OwnView(
            publishing=publishing,
            packaging=(publishing and fresh) or (packager is not None and packager.running),
            serving=self._serving,
            listed=len(publication.numbers),
            last=publication.position,
            silent=publication.silent,
        )
        self._peer.note(self.key, publishing, own.listed)
        late = (settings.part_ms / 1000 or settings.fragment_seconds) + settings.late_seconds
        verdict = decide(own, self._peer.view(self.key), late_after=late, end_after=settings.end_grace_seconds)
        if verdict is Verdict.END and not publication.ended:
            self._close()
        self._serve_if(verdict is not Verdict.WITHHOLD)

    def _close(self) -> None:
        packager = self._packager
        if packager is not None and packager.running:
            packager.kill()
        self._publication.close(list(packager.scan()) if packager is not None else [])
        log("ended", stream=self.key, last=self._publication.last)

    def _serve_if(self, serve: bool) -> None:
        if serve:
            self._publication.shelf.renew_lease()
        elif self._serving:
            self._publication.shelf.end_lease()
        if serve != self._serving:
            log("serving" if serve else "withholding", stream=self.key, last=self._publication.last)
        self._serving = serve
