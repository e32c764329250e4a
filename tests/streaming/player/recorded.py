"""A video as the worker makes it, in a folder that stands in for its buckets."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from refarch.streaming.data_plane import burnt_clock
from refarch.streaming.vod.events import Upload
from refarch.streaming.vod.guard import Guard
from refarch.streaming.vod.job import Job
from refarch.streaming.vod.settings import WorkerSettings
from refarch.streaming.vod.store import Store

FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"


class Folder:
    """As much of S3 as a job asks for."""

    def __init__(self, top: Path) -> None:
        self.top = top

    def head_object(self, *, Key: str, **_: Any) -> dict[str, Any]:
        if not (self.top / Key).is_file():
            raise ClientError({"Error": {"Code": "404", "Message": ""}}, "HeadObject")
        return {"ETag": '"0123"', "ContentLength": (self.top / Key).stat().st_size, "Metadata": {}}

    def download_file(self, _bucket: str, key: str, file: str, **_: Any) -> None:
        shutil.copyfile(self.top / key, file)

    def upload_file(self, file: str, _bucket: str, key: str, **_: Any) -> None:
        (self.top / key).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, self.top / key)

    def put_object(self, *, Key: str, Body: bytes, **_: Any) -> None:
        (self.top / Key).write_bytes(Body)


def record(top: Path, seconds: int, *, width: int = 480) -> str:
    """A worker's video of the test source's picture, below `vod`; the name of its folder there."""
    graph = burnt_clock.graph(width=width, height=width // 2, fps=10, font=FONT, burnt_clock=False)
    tone = ["-f", "lavfi", "-i", f"sine=duration={seconds}", "-c:a", "aac"]
    coder = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-t", str(seconds)]
    source = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", graph, *tone, *coder, str(top / "talk.mp4")]
    subprocess.run(source, check=True, capture_output=True)
    given = {"queue_url": "http://127.0.0.1", "egress_bucket": "egress", "segment_seconds": 2, "preset": "ultrafast"}
    settings = WorkerSettings(work=str(top / "work"), metadata="", **given)  # type: ignore[arg-type]
    guard = Guard()
    done = Job(settings, Store(Folder(top), "egress", guard), guard).run(Upload("ingest", "talk.mp4"))
    assert done.what == "published", done
    return "talk"
