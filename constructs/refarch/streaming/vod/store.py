"""Objects in and out of S3: the one place in which a job meets it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from refarch.streaming.vod import recordings
from refarch.streaming.vod.guard import Guard
from refarch.streaming.vod.recordings import Recording

PLAYLIST_TYPE = "application/vnd.apple.mpegurl"
_TYPES = {".m3u8": PLAYLIST_TYPE, ".ts": "video/mp2t", ".m4s": "video/mp4", ".mp4": "video/mp4"}
FOR_EVER = "public, max-age=31536000, immutable"
"""Versions never change; only the master playlist, which names one, does."""
SHORT = "public, max-age=60"
_MISSING = ("404", "NoSuchKey", "NotFound")


class Store:
    """Two buckets: sources are read from the first, videos go to the second."""

    def __init__(self, s3: Any, egress: str, guard: Guard) -> None:
        self._s3, self._egress, self._guard = s3, egress, guard

    def head(self, bucket: str, key: str) -> dict[str, Any] | None:
        """What S3 knows of an object; None where there is none."""
        try:
            found: dict[str, Any] = self._s3.head_object(Bucket=bucket, Key=key)
            return found
        except ClientError as error:
            if error.response["Error"]["Code"] in _MISSING:
                return None
            raise

    def fetch(self, bucket: str, key: str, file: Path) -> None:
        self._s3.download_file(bucket, key, str(file), Callback=self._guard.check)

    def siblings(self, bucket: str, mine: Recording) -> list[Recording]:
        """All recordings of the same stream."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=mine.folder)
        keys = [each["Key"] for page in pages for each in page.get("Contents", [])]
        return [found for key in keys if (found := recordings.parse(key)) is not None]

    def published_version(self, master: str) -> str:
        """The version that a master playlist names; empty where there is none."""
        found = self.head(self._egress, master)
        return str(found["Metadata"].get("version", "")) if found else ""

    def publish(self, folder: Path, prefix: str, master: str, text: str, about: dict[str, Any]) -> int:
        """Segments, then their playlists, then the master playlist: one object, so it is there whole or not at all.

        Returns the number of objects.
        """
        files = [file for file in sorted(folder.rglob("*")) if file.is_file()]
        for file in sorted(files, key=lambda each: each.suffix == ".m3u8"):
            self._guard.check()
            arguments = {"ContentType": _TYPES[file.suffix], "CacheControl": FOR_EVER}
            key = prefix + file.relative_to(folder).as_posix()
            self._s3.upload_file(str(file), self._egress, key, ExtraArgs=arguments, Callback=self._guard.check)
        self._guard.check()
        self._s3.put_object(
            Bucket=self._egress,
            Key=master,
            Body=text.encode(),
            ContentType=PLAYLIST_TYPE,
            CacheControl=SHORT,
            Metadata={"version": about["version"], "about": json.dumps(about)},  # ASCII: headers take nothing else
        )
        return len(files) + 1
