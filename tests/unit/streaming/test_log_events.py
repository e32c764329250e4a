"""Lines, batches and secrets: what PutLogEvents takes, in order, and without a key in it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refarch.streaming.logs import events, journal, redaction
from refarch.streaming.logs.events import Event

HOUR = 3600 * 1000
LINES = st.builds(Event, st.integers(0, 60 * HOUR), st.text(min_size=1, max_size=200), st.integers(1, 9))


@given(st.lists(LINES, max_size=60), st.integers(3, 12), st.integers(300, 2000))
def test_batches_keep_the_limits_and_every_event(lines: list[Event], most: int, size: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(events, "BATCH_EVENTS", most)
        patch.setattr(events, "BATCH_BYTES", size + 1000)
        made = list(events.batches(lines))
    assert [event for batch in made for event in batch] == lines
    for batch in made:
        times = [event.milliseconds for event in batch]
        assert 1 <= len(batch) <= most
        assert sum(event.size for event in batch) <= size + 1000
        assert max(times) - min(times) < 24 * HOUR
        sent = [event["timestamp"] for event in events.request(batch)]
        assert sent == sorted(times)


def test_a_trickle_of_lines_is_collected_and_a_backlog_is_not_made_to_wait() -> None:
    assert [events.pause_after(shipped, 2.0) for shipped in (0, 1, 1_999, 2_000, 10_000)] == [2.0, 2.0, 2.0, 0.0, 0.0]


def test_a_batch_is_as_full_as_it_may_be() -> None:
    """10,000 events, or 1 MiB with 26 bytes for each."""
    assert [len(batch) for batch in events.batches([Event(1, "x")] * 20_001)] == [10_000, 10_000, 1]
    big = Event(1, "x" * (256 * 1024 - 26))
    assert [len(batch) for batch in events.batches([big] * 9)] == [4, 4, 1]


def test_events_of_one_moment_stay_in_their_order() -> None:
    batch = [Event(5, "c"), Event(3, "a"), Event(5, "d"), Event(3, "b")]
    assert [each["message"] for each in events.request(batch)] == ["a", "b", "c", "d"]


@given(st.text(alphabet="aé€😀\n ", max_size=3000))
def test_a_long_line_comes_in_pieces_that_are_allowed(message: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(events, "EVENT_BYTES", 64)
        pieces = list(events.parts(Event(1, message, 7)))
    assert "".join(piece.message for piece in pieces).strip() == message.strip()
    assert all(len(piece.message.encode()) <= 64 for piece in pieces)
    # Only with its last piece is the line done.
    assert [piece.after for piece in pieces[:-1]] == [None] * len(pieces[:-1])


SECRET = "abcdEFGH1234_-xyz"
LEAKS = [
    f"Output #0, flv, to 'rtmp://10.0.0.1:1935/live/demo?key={SECRET}':",
    f"[tee] opening [f=flv]rtmp://h/live/a?key={SECRET}|[f=flv]rtmp://h/live/b?key={SECRET}",
    f'10.0.0.9 PUBLISH "live" "demo" "key={SECRET}&x=1" - 0 0',
    f'GET /signed/{SECRET}/1790000000/hls/demo.m3u8 HTTP/1.1", host: "x"',
    f"GET /hls/demo.m3u8?Policy={SECRET}&Signature={SECRET}&Key-Pair-Id={SECRET}&Hash-Algorithm=SHA256",
    f"Cookie: CloudFront-Policy={SECRET}; CloudFront-Signature={SECRET}; CloudFront-Key-Pair-Id={SECRET}",
    f"https://bucket.s3.amazonaws.com/a?X-Amz-Credential=x&X-Amz-Signature={SECRET}&X-Amz-Security-Token={SECRET}",
    f"srt://h:8890?streamid=publish:live/demo&passphrase={SECRET}",
    f"rtmp://user:{SECRET}@host/live",
    f"KEY={SECRET} refused",
]


@pytest.mark.parametrize("line", LEAKS)
def test_no_key_and_no_signature_is_in_what_is_shipped(line: str) -> None:
    clean = redaction.redact(line)
    assert SECRET not in clean
    assert redaction.HIDDEN in clean


def test_what_a_person_looks_for_stays() -> None:
    lines = [
        '{"time":"1.0","path":"/hls/demo_src/7.ts","status":200,"cache":"HIT","cmcd":"bl=100,sid=\\"a\\""}',
        '{"event": "refused", "application": "live", "stream": "demo", "why": "no good key"}',
        '{"event": "made", "key": "folder/film.mp4"}',
        "monkey=banana turnkey=yes",
    ]
    assert [redaction.redact(line) for line in lines] == lines


def test_a_secret_that_the_instance_knows_is_found_anywhere(tmp_path: Path) -> None:
    (tmp_path / "keys.json").write_text(json.dumps({"*": ["first-key-1"], "longstreamname": ["second-key-2"]}))
    (tmp_path / "urls").write_text("rtmp://h/live/longstreamname?key=third-key-3\n")
    (tmp_path / "line").write_text("fourth-key-4\n")
    known = redaction.KnownSecrets([str(tmp_path / name) for name in ("keys.json", "urls", "line", "not-there")])
    assert known.now() == {"first-key-1", "second-key-2", "third-key-3", "fourth-key-4"}
    assert redaction.redact("a first-key-1 b", known.now()) == "a *** b"
    # A renewed key joins; the one before may still be on its way.
    (tmp_path / "line").write_text("fifth-key-5\n")
    os.utime(tmp_path / "line", (9, 9))
    assert {"fourth-key-4", "fifth-key-5"} < known.now()


def test_entries_of_the_journal_say_who_spoke() -> None:
    def entry(**values: object) -> Event | None:
        common = {"__CURSOR": "c1", "__REALTIME_TIMESTAMP": "1790000000123456"}
        return journal.parse(json.dumps(common | values).encode())

    assert entry(MESSAGE="out of memory", SYSLOG_IDENTIFIER="kernel") == Event(
        1790000000123, "kernel: out of memory", "c1"
    )
    assert entry(MESSAGE='{"event": "started"}', SYSLOG_IDENTIFIER="python3") == Event(
        1790000000123, '{"event": "started"}', "c1"
    )
    assert entry(MESSAGE=[104, 105, 255], _SYSTEMD_UNIT="a.service") == Event(
        1790000000123, "a.service: hi\ufffd", "c1"
    )
    own = entry(MESSAGE="x", _SYSTEMD_UNIT="refarch-streaming-logs.service")
    assert own == Event(1790000000123, "", "c1")
    assert journal.parse(b"-- No entries --\n") is None
