"""What S3 says about new objects, in the messages of a queue. A decision: nothing is asked of AWS in here."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import unquote_plus

VIDEO_ENDINGS = (".mp4", ".m4v", ".mov", ".mkv", ".webm", ".flv", ".ts")


class UnreadableMessageError(ValueError):
    """A message that no event of S3 looks like. It is left to the dead-letter queue."""


@dataclass(frozen=True)
class Upload:
    """An object that was made: its key as it is, not as events write it."""

    bucket: str
    key: str

    @property
    def is_video(self) -> bool:
        """By the ending, in any case."""
        return PurePosixPath(self.key).suffix.lower() in VIDEO_ENDINGS


def uploads(body: str) -> list[Upload]:
    """The objects of one message; none for the test message that S3 sends when notifications are turned on.

    Keys come URL-encoded, with a plus sign for each space. Raises `UnreadableMessageError`.
    """
    try:
        said = json.loads(body)
        if said.get("Event") == "s3:TestEvent":
            return []
        return [_upload(each["s3"]) for each in said["Records"] if each["eventName"].startswith("ObjectCreated:")]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UnreadableMessageError(f"no event of S3: {body[:200]!r}") from error


def _upload(said: dict[str, dict[str, str]]) -> Upload:
    return Upload(said["bucket"]["name"], unquote_plus(said["object"]["key"]))
