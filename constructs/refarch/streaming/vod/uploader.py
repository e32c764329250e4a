"""The origins' uploader: finished recordings become MP4 files in the ingest bucket, under keys that say all of them."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import boto3

from refarch.streaming.data_plane.supervisor import log
from refarch.streaming.vod import commands, media
from refarch.streaming.vod.guard import Guard, InterruptedWork, ProgramFailed
from refarch.streaming.vod.recordings import Recording
from refarch.streaming.vod.settings import UploaderSettings


def main(settings: UploaderSettings) -> int:
    """Run until SIGTERM. What is not uploaded yet stays where it is."""
    guard = Guard()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: guard.stop.set())
    s3, folder = boto3.client("s3"), Path(settings.recordings) / "finished"
    log("uploader", folder=str(folder), bucket=settings.ingest_bucket)
    while not guard.stop.is_set():
        for file in sorted(folder.glob("*.flv")):
            _try(file, settings.ingest_bucket, s3, guard)
        guard.stop.wait(settings.every_seconds)
    log("stopped")
    return 0


def _try(file: Path, bucket: str, s3: Any, guard: Guard) -> None:
    try:
        key = upload(file, bucket, s3, guard)
        log("uploaded", file=file.name, key=key)
    except InterruptedWork:
        log("kept", file=file.name)
    except (ProgramFailed, media.BrokenSourceError) as error:
        # Out of the way of others, but never thrown away: a person may still save something.
        broken = file.parent / "broken"
        broken.mkdir(exist_ok=True)
        for each in (file, file.with_suffix(".json")):
            each.replace(broken / each.name)
        log("broken", file=file.name, why=str(error))
    except Exception as error:  # S3 is out of reach, the disk is full: the next round tries again
        log("failed", file=file.name, why=str(error))


def upload(file: Path, bucket: str, s3: Any, guard: Guard) -> str:
    """Remux, measure, upload, and only then delete a recording. Returns its key."""
    about = json.loads(file.with_suffix(".json").read_text())
    part = file.with_suffix(".mp4.part")
    try:
        guard.run(commands.remux(str(file), str(part)), file.parent)
        found = media.parse(guard.run(media.probe_command(str(part)), file.parent))
        recording = Recording(about["stream"], about["start"], round(found.seconds * 1000), about["origin"])
        s3.upload_file(str(part), bucket, recording.key, ExtraArgs={"ContentType": "video/mp4"}, Callback=guard.check)
    finally:
        part.unlink(missing_ok=True)
    file.unlink()
    file.with_suffix(".json").unlink()
    return recording.key
