"""Ingest by SRT: takes encoders on one UDP port and hands each stream to nginx-rtmp on this host, frames untouched.

Run with `python3 -m refarch.streaming.data_plane.origin.srt <settings.json>`. H.264 and AAC in MPEG-TS, as RTMP
carries no other. Passphrase and keys are read at every call, so they change without a restart.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

from refarch.streaming.data_plane import ffmpeg_commands
from refarch.streaming.data_plane.origin import keys
from refarch.streaming.data_plane.origin.srt_library import IN_USE, REFUSED, Admission, Connection, Listener
from refarch.streaming.data_plane.origin.srt_stream import Alignment, Wanted, wanted
from refarch.streaming.data_plane.settings import OriginSettings, load
from refarch.streaming.data_plane.supervisor import bound, log

END_SECONDS = 5.0


class Ingest:
    """All SRT encoders of this origin; one a stream."""

    def __init__(self, settings: OriginSettings) -> None:
        self._settings = settings
        self._local_key = keys.local(settings.run)
        self._busy: set[tuple[str, str]] = set()
        self._lock = threading.Lock()

    def admit(self, stream_id: str, address: str) -> Admission:
        """Before an encoder is in. One that has the wrong passphrase is refused by the library, after this."""
        try:
            asked = wanted(stream_id)
        except ValueError as error:
            return self._refuse(Wanted("", "", ""), address, str(error), REFUSED)
        known = keys.read(self._settings.publish_keys_file)
        if why := keys.refusal(asked.application, asked.name, asked.key, known):
            return self._refuse(asked, address, why, REFUSED)
        if (asked.application, asked.name) in self._busy:
            return self._refuse(asked, address, "another encoder publishes this stream", IN_USE)
        # Where no "srt encoder" follows, its passphrase was wrong: the library refuses it without a word to us.
        log("srt calling", stream=f"{asked.application}/{asked.name}", address=address)
        return Admission(Path(self._settings.srt_passphrase_file).read_text().strip())

    def _refuse(self, asked: Wanted, address: str, why: str, reason: int) -> Admission:
        log("refused", application=asked.application, stream=asked.name, address=address, why=why, over="srt")
        return Admission(reason=reason)

    def serve(self, connection: Connection) -> None:
        """Until the encoder goes, or nginx does not take its stream."""
        asked = wanted(connection.stream_id)
        stream = (asked.application, asked.name)
        with self._lock:
            taken = stream in self._busy  # two that called at once
            self._busy.add(stream)
        if not taken:
            log("srt encoder", stream="/".join(stream), address=connection.address)
            try:
                self._hand_over(connection, asked)
            finally:
                self._busy.discard(stream)
                log("srt encoder left", stream="/".join(stream), address=connection.address)
        connection.close()

    def _hand_over(self, connection: Connection, asked: Wanted) -> None:
        alignment = Alignment(self._settings.fragment_seconds * 1000)
        while message := connection.receive():
            if alignment.add(message):
                break
        if message:
            self._forward(connection, asked, alignment)

    def _forward(self, connection: Connection, asked: Wanted, alignment: Alignment) -> None:
        log("srt clock", stream=f"{asked.application}/{asked.name}", shift_ms=alignment.shift_ms, seen=alignment.seen)
        bridge = self._bridge(asked, alignment.shift_ms)
        assert bridge.stdin is not None
        try:
            bridge.stdin.write(b"".join(alignment.held))
            alignment.held.clear()
            while message := connection.receive():
                bridge.stdin.write(message)
        except BrokenPipeError:
            log("srt stream not taken", stream=f"{asked.application}/{asked.name}")
        finally:
            _end(bridge)

    def _bridge(self, asked: Wanted, shift_ms: int) -> subprocess.Popen[bytes]:
        settings = self._settings
        port = settings.rtmp_listen.rpartition(":")[2]
        # A key that is good on this host alone: the encoder's own would stand in the list of processes.
        url = f"rtmp://127.0.0.1:{port}/{asked.application}/{asked.name}?key={self._local_key}"
        with Path(settings.log, f"srt-{asked.application}-{asked.name}.log").open("ab") as output:
            command = bound(ffmpeg_commands.srt_bridge(url, shift_ms))
            return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=output, stderr=output, bufsize=0)


def _end(bridge: subprocess.Popen[bytes]) -> None:
    """Its last frames go out before it ends; where it hangs, it is killed."""
    assert bridge.stdin is not None
    bridge.stdin.close()
    try:
        bridge.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        bridge.kill()
        bridge.wait()


def main(path: str) -> None:
    settings = load(OriginSettings, Path(path))
    ingest = Ingest(settings)
    host, _, port = settings.srt_listen.rpartition(":")
    listener = Listener(host, int(port), latency_ms=settings.srt_latency_ms, admit=ingest.admit)
    log("srt", listen=settings.srt_listen)
    while True:
        connection = listener.accept()
        threading.Thread(target=ingest.serve, args=(connection,), daemon=True, name="srt").start()


if __name__ == "__main__":
    main(sys.argv[1])
