"""Buckets, a queue with its dead letters, and workers as processes of their own: the program that instances run."""

from __future__ import annotations

import json
import resource
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from refarch.local import LocalCloud
from refarch.streaming.vod.settings import WorkerSettings

WIDTH, HEIGHT, FPS = 320, 160, 10


def film(
    file: Path, seconds: float, *, size: str = f"{WIDTH}x{HEIGHT}", silent: bool = False, quality: int = 23
) -> Path:
    """A small video with a tone; `quality` as x264 counts it, 0 to 51, more is less."""
    picture = f"testsrc2=size={size}:rate={FPS}:duration={seconds}"
    tone = [] if silent else ["-f", "lavfi", "-i", f"sine=duration={seconds}", "-c:a", "aac"]
    made = [
        "-c:v",
        "libx264",
        "-preset",
        "ultrafast",
        "-crf",
        str(quality),
        "-pix_fmt",
        "yuv420p",
        "-movflags",
        "+faststart",
        "-f",
        "mp4",
    ]
    command = ["ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", picture, *tone, *made, str(file)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return file


class Worker:
    """A running worker, and what it says."""

    def __init__(self, process: subprocess.Popen[bytes], said: Path) -> None:
        self.process, self._said = process, said

    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self._said.read_text().splitlines() if line.endswith("}")]

    def said(self, event: str) -> bool:
        return any(each["event"] == event for each in self.events())

    def working(self) -> bool:
        """Whether ffmpeg encodes for it now."""
        listed = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return any(b"-var_stream_map" in Path(f"/proc/{pid}/cmdline").read_bytes() for pid in listed)

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)


class VodSite:
    """Both buckets, the queue, and workers on them."""

    def __init__(self, cloud: LocalCloud, folder: Path) -> None:
        self.cloud, self.folder, self.workers = cloud, folder, list[Worker]()
        self.s3, self.sqs = cloud.client("s3"), cloud.client("sqs")
        mark = uuid.uuid4().hex[:8]
        self.ingest, self.egress = f"ingest-{mark}", f"egress-{mark}"
        for bucket in (self.ingest, self.egress):
            self.s3.create_bucket(Bucket=bucket)
        self.dead = self.sqs.create_queue(QueueName=f"dead-{mark}")["QueueUrl"]
        redrive = json.dumps({"deadLetterTargetArn": self.arn(self.dead), "maxReceiveCount": 2})
        self.queue = self.sqs.create_queue(QueueName=f"uploads-{mark}", Attributes={"RedrivePolicy": redrive})[
            "QueueUrl"
        ]
        said = {"QueueArn": self.arn(self.queue), "Events": ["s3:ObjectCreated:*"]}
        self.s3.put_bucket_notification_configuration(
            Bucket=self.ingest, NotificationConfiguration={"QueueConfigurations": [said]}
        )

    def arn(self, queue: str) -> str:
        found = self.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
        return str(found["Attributes"]["QueueArn"])

    def start(self, *, before: Callable[[], None] | None = None, **changes: Any) -> Worker:
        number = len(self.workers)
        given = {
            "queue_url": self.queue,
            "egress_bucket": self.egress,
            "work": str(self.folder / f"work{number}"),
            "visibility_seconds": 4,
            "retry_seconds": 0,
            "wait_seconds": 1,
            "segment_seconds": 1,
            "preset": "ultrafast",
            "metadata": "",
            **changes,
        }
        WorkerSettings(**given)
        settings, said = self.folder / f"worker{number}.json", self.folder / f"worker{number}.log"
        settings.write_text(json.dumps(given))
        with said.open("wb") as out:
            command = [sys.executable, "-m", "refarch.streaming.vod", "worker", str(settings)]
            process = subprocess.Popen(command, stdout=out, stderr=out, env=self.cloud.environment, preexec_fn=before)
        self.workers.append(Worker(process, said))
        return self.workers[-1]

    def start_uploader(self, recordings: Path) -> Worker:
        """An origin's uploader, on its folder of recordings."""
        number = len(self.workers)
        settings, said = self.folder / f"uploader{number}.json", self.folder / f"uploader{number}.log"
        given = {"ingest_bucket": self.ingest, "recordings": str(recordings), "every_seconds": 0.2}
        settings.write_text(json.dumps(given))
        command = [sys.executable, "-m", "refarch.streaming.vod", "uploader", str(settings)]
        with said.open("wb") as out:
            process = subprocess.Popen(command, stdout=out, stderr=out, env=self.cloud.environment)
        self.workers.append(Worker(process, said))
        return self.workers[-1]

    def put(self, key: str, file: Path) -> None:
        self.s3.upload_file(str(file), self.ingest, key)

    def objects(self) -> list[str]:
        return [each["Key"] for each in self.s3.list_objects_v2(Bucket=self.egress).get("Contents", [])]

    def masters(self) -> list[str]:
        return [key for key in self.objects() if key.endswith("master.m3u8")]

    def text(self, key: str) -> str:
        return str(self.s3.get_object(Bucket=self.egress, Key=key)["Body"].read().decode())

    def waiting(self, queue: str = "") -> int:
        """Messages, seen or unseen."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.sqs.get_queue_attributes(QueueUrl=queue or self.queue, AttributeNames=names)["Attributes"]
        return sum(int(found[name]) for name in names)

    def download(self, master: str) -> Path:
        """The whole video, as a folder."""
        top = self.folder / f"got-{uuid.uuid4().hex[:6]}"
        root = master.rpartition("/")[0] + "/"
        for key in self.objects():
            if key.startswith(root):
                file = top / key.removeprefix(root)
                file.parent.mkdir(parents=True, exist_ok=True)
                self.s3.download_file(self.egress, key, str(file))
        return top

    def close(self) -> None:
        for worker in self.workers:
            worker.end()


def seconds_of(file: Path) -> float:
    wanted = ["-show_entries", "format=duration", "-of", "csv=p=0"]
    done = subprocess.run(["ffprobe", "-v", "error", *wanted, str(file)], check=True, capture_output=True, text=True)
    return float(done.stdout)


def until(holds: Callable[[], Any], what: str, seconds: float = 90) -> None:
    """Wait for it; the limit only ends a test that would never end."""
    limit = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < limit, f"never: {what}"
        time.sleep(0.1)


def small_files(limit: int) -> Callable[[], None]:
    """Every file that the process and its children write ends at `limit` bytes, as on a disk that is full."""
    return partial(resource.setrlimit, resource.RLIMIT_FSIZE, (limit, limit))
