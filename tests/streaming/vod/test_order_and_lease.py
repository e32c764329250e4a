"""In which order a video is published, and what a worker does when its message is no longer its own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from refarch.streaming.vod.guard import Guard, InterruptedWork, LostLease, ProgramFailed
from refarch.streaming.vod.lease import Lease
from refarch.streaming.vod.store import Store

ABOUT = {"version": "v", "source": "Äpfel.mp4", "seconds": 3.0}


class Bucket:
    """Notes what is put, in order; stops answering after `room` objects."""

    def __init__(self, room: int = 99) -> None:
        self.put: list[str] = []
        self.room = room

    def upload_file(self, file: str, bucket: str, key: str, **_: Any) -> None:
        if len(self.put) >= self.room:
            raise ConnectionError("no answer")
        self.put.append(key)

    def put_object(self, *, Key: str, Metadata: dict[str, str], **_: Any) -> None:
        assert all(value.isascii() for value in Metadata.values())
        assert json.loads(Metadata["about"]) == ABOUT
        self.put.append(Key)


@pytest.fixture
def video(tmp_path: Path) -> Path:
    for name in ("320/index.m3u8", "320/00000.ts", "audio/index.m3u8", "audio/00000.ts"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    return tmp_path


def publish(bucket: Bucket, folder: Path, guard: Guard) -> int:
    return Store(bucket, "egress", guard).publish(folder, "vod/a/v/", "vod/a/master.m3u8", "#EXTM3U\n", ABOUT)


def test_segments_go_first_then_playlists_and_the_master_last(video: Path) -> None:
    bucket = Bucket()
    assert publish(bucket, video, Guard()) == 5
    kinds = [key.rpartition(".")[2] for key in bucket.put]
    assert kinds == ["ts", "ts", "m3u8", "m3u8", "m3u8"]
    assert bucket.put[-1] == "vod/a/master.m3u8"
    assert bucket.put.count("vod/a/master.m3u8") == 1


@pytest.mark.parametrize("room", range(4))
def test_wherever_it_breaks_off_there_is_no_master(room: int, video: Path) -> None:
    bucket = Bucket(room)
    with pytest.raises(ConnectionError):
        publish(bucket, video, Guard())
    assert "vod/a/master.m3u8" not in bucket.put


def test_an_interruption_in_the_middle_of_publishing_ends_it(video: Path) -> None:
    bucket, guard = Bucket(), Guard()
    guard.stop.set()
    with pytest.raises(InterruptedWork):
        publish(bucket, video, guard)
    assert bucket.put == []


class Queue:
    """Takes changes of visibility, or says that the message has gone."""

    def __init__(self, code: str = "") -> None:
        self.code, self.seconds, self.deleted = code, list[int](), 0

    def change_message_visibility(self, *, VisibilityTimeout: int, **_: Any) -> None:
        if self.code:
            raise ClientError({"Error": {"Code": self.code, "Message": "gone"}}, "ChangeMessageVisibility")
        self.seconds.append(VisibilityTimeout)

    def delete_message(self, **_: Any) -> None:
        self.deleted += 1


MESSAGE = {"ReceiptHandle": "handle", "Attributes": {"ApproximateReceiveCount": "2"}}


def test_a_lease_is_renewed_while_its_work_goes_on() -> None:
    queue, guard = Queue(), Guard()
    with Lease(queue, "url", MESSAGE, 1, guard) as lease:
        assert lease.tries == 2
        assert not guard.lost.wait(0.8)
        lease.delete()
    assert set(queue.seconds) == {1}
    assert queue.deleted == 1


@pytest.mark.parametrize(
    "code", ["InvalidParameterValue", "ReceiptHandleIsInvalid", "AWS.SimpleQueueService.MessageNotInflight"]
)
def test_work_on_a_lost_message_ends(code: str) -> None:
    guard = Guard()
    with Lease(Queue(code), "url", MESSAGE, 1, guard):
        assert guard.lost.wait(10)
        with pytest.raises(LostLease):
            guard.check()


def test_a_network_that_fails_for_a_moment_does_not_end_work() -> None:
    guard = Guard()
    with Lease(Queue("ServiceUnavailable"), "url", MESSAGE, 1, guard):
        assert not guard.lost.wait(0.6)
        guard.check()


def test_a_program_that_fails_says_why_and_one_that_is_interrupted_ends(tmp_path: Path) -> None:
    guard = Guard()
    with pytest.raises(ProgramFailed, match="sh ended with 3: no luck"):
        guard.run(["/bin/sh", "-c", "echo no luck >&2; exit 3"], tmp_path)
    assert guard.run(["/bin/sh", "-c", "env | grep -c ^AWS_ || true"], tmp_path).strip() == "0"
    guard.stop.set()
    with pytest.raises(InterruptedWork):
        guard.run(["/bin/sleep", "60"], tmp_path)
