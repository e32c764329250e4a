"""One upload, from the ingest bucket to a published video."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from refarch.streaming.vod import check, commands, ladder, media, names, recordings
from refarch.streaming.vod.events import Upload
from refarch.streaming.vod.guard import Guard, ProgramFailed
from refarch.streaming.vod.recordings import Recording
from refarch.streaming.vod.settings import WorkerSettings
from refarch.streaming.vod.store import Store

_ROOM = 2
"""Bytes on the disk for each byte of a source: the source itself, and its renditions."""


class NoRoomError(OSError):
    """The disk is too small for the source."""


class TooSoon(Exception):
    """The other origin's recording of the event may still come. `seconds` to wait."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"waits {seconds} s for the other recording of the event")
        self.seconds = seconds


@dataclass(frozen=True)
class Outcome:
    """What became of an upload: `published`, `unchanged`, `superseded`, `gone` or `ignored`, and in favour of what."""

    what: str
    detail: str = ""


class Job:
    """Runs uploads one after the other in a folder of its own, which it empties before and after each."""

    def __init__(self, settings: WorkerSettings, store: Store, guard: Guard) -> None:
        self._settings, self._store, self._guard = settings, store, guard
        self._folder = Path(settings.work) / "job"

    def run(self, upload: Upload) -> Outcome:
        """Raises whatever went wrong; then nothing is published."""
        if not upload.is_video:
            return Outcome("ignored", "no video by its name")
        about = self._store.head(upload.bucket, upload.key)
        if about is None:
            return Outcome("gone")
        asset = names.asset_name(upload.key)
        if mine := recordings.parse(upload.key):
            listed = self._listed(upload.bucket, mine, about["LastModified"])
            if winner := recordings.better(mine, listed):
                return Outcome("superseded", winner.key)
            asset = self._event_asset(mine, listed)
        version = names.version_of(about["ETag"], commands.recipe(self._settings.segment_format))
        if self._store.published_version(names.master_key(asset)) == version:
            return Outcome("unchanged", asset)
        return self._make(upload, int(about["ContentLength"]), asset, version)

    def clean(self) -> None:
        """Also takes away what a killed worker left."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _listed(self, bucket: str, mine: Recording, uploaded: datetime) -> list[Recording]:
        """The recordings of the stream, once the other origin has had its time to upload. Raises `TooSoon`."""
        age = (datetime.now(UTC) - uploaded).total_seconds()
        if (missing := self._settings.twin_wait_seconds - age) > 0:
            raise TooSoon(int(missing) + 1)
        return self._store.siblings(bucket, mine)

    def _event_asset(self, mine: Recording, listed: list[Recording]) -> str:
        """An event that already has a video keeps its address when a longer recording turns up."""
        assets = [f"{mine.stream}/{name}" for name in recordings.event_names(mine, listed)]
        published = (each for each in assets if self._store.published_version(names.master_key(each)))
        return next(published, assets[0])

    def _make(self, upload: Upload, size: int, asset: str, version: str) -> Outcome:
        self.clean()
        result = self._folder / "hls"
        result.mkdir(parents=True)
        try:
            if shutil.disk_usage(self._folder).free < _ROOM * size:
                raise NoRoomError(f"source has {size} bytes, allowed: {1 / _ROOM:.0%} of the disk's free space")
            source = self._folder / "source"
            self._store.fetch(upload.bucket, upload.key, source)
            measured, found = self._encode(source, result)
            about = {"version": version, "source": upload.key, "seconds": round(found.seconds, 3)}
            text = check.master(measured, version)
            prefix = names.version_prefix(asset, version)
            count = self._store.publish(result, prefix, names.master_key(asset), text, about)
            return Outcome("published", f"{names.master_key(asset)} ({count} objects, {found.seconds:.2f} s)")
        finally:
            self.clean()

    def _encode(self, source: Path, result: Path) -> tuple[list[check.Measured], media.Media]:
        try:
            found = media.parse(self._guard.run(media.probe_command(str(source)), self._folder))
        except ProgramFailed as error:
            raise media.BrokenSourceError(str(error)) from error
        renditions = ladder.plan(found.source)
        for each in renditions:
            (result / each.name).mkdir()
        command = commands.encode(
            str(source),
            found,
            renditions,
            preset=self._settings.preset,
            segment_seconds=self._settings.segment_seconds,
            segment_format=self._settings.segment_format,
        )
        self._guard.run(command, result)
        return check.measure(result, renditions, found, lambda words: self._guard.run(words, result)), found
