"""Settings of the two programs: one JSON object each. No secret is in them; the instance's role has the permissions."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from refarch.streaming.data_plane.problems import InvalidSettingsError, Problems
from refarch.streaming.data_plane.settings import PRESETS, SEGMENT_FORMATS

METADATA = "169.254.169.254:80"


@dataclass(frozen=True, kw_only=True)
class WorkerSettings:
    """A worker: it takes uploads from a queue and publishes videos."""

    role: ClassVar[str] = "worker"

    queue_url: str
    egress_bucket: str
    work: str = "/var/lib/refarch-vod"
    """Folder for the video at hand. It needs twice the size of the largest source."""
    visibility_seconds: int = 120
    """How long a message stays hidden after the last sign of its worker."""
    retry_seconds: int = 60
    """How long after a failure a message is tried again."""
    twin_wait_seconds: int = 90
    """How long a recording waits for that of the other origin."""
    wait_seconds: int = 20
    """Of one question to the queue: long polling."""
    segment_seconds: int = 4
    segment_format: str = "mpegts"
    """`mpegts` or `fmp4`, as of live origins."""
    preset: str = "veryfast"
    protect: bool = False
    """Asks the instance's Auto Scaling group not to take it while it works."""
    metadata: str = METADATA
    """Where the instance learns of interruptions. Empty: nowhere."""

    def __post_init__(self) -> None:
        problems = Problems("worker settings")
        problems.path("work", self.work)
        problems.address("metadata", self.metadata.partition("/")[0], empty=True)
        good = self.queue_url.startswith(("https://", "http://"))
        problems.check(good, "queue_url", self.queue_url, "an address")
        problems.check(bool(self.egress_bucket), "egress_bucket", self.egress_bucket, "the name of a bucket")
        problems.between("visibility_seconds", self.visibility_seconds, 2, 43_200, "s")
        problems.between("retry_seconds", self.retry_seconds, 0, 43_200, "s")
        problems.between("twin_wait_seconds", self.twin_wait_seconds, 0, 3600, "s")
        problems.between("wait_seconds", self.wait_seconds, 0, 20, "s")
        problems.between("segment_seconds", self.segment_seconds, 1, 10, "s")
        problems.one_of("segment_format", self.segment_format, SEGMENT_FORMATS)
        problems.one_of("preset", self.preset, PRESETS)
        problems.raise_any()


@dataclass(frozen=True, kw_only=True)
class UploaderSettings:
    """The uploader of an origin: it moves finished recordings to the ingest bucket."""

    role: ClassVar[str] = "uploader"

    ingest_bucket: str
    recordings: str = "/var/lib/refarch-streaming/recordings"
    """The origin's folder of this name."""
    every_seconds: float = 5.0

    def __post_init__(self) -> None:
        problems = Problems("uploader settings")
        problems.path("recordings", self.recordings)
        problems.check(bool(self.ingest_bucket), "ingest_bucket", self.ingest_bucket, "the name of a bucket")
        problems.between("every_seconds", self.every_seconds, 0.1, 3600, "s")
        problems.raise_any()


Loaded = TypeVar("Loaded", WorkerSettings, UploaderSettings)


def load(kind: type[Loaded], path: Path) -> Loaded:
    """The settings in a JSON file. Raises `InvalidSettingsError`."""
    values: dict[str, Any] = json.loads(path.read_text())
    fields = {field.name: field for field in dataclasses.fields(kind)}
    problems = Problems(f"{kind.role} settings in {path.name}")
    for name in values.keys() - fields.keys():
        problems.check(False, name, values[name], "one of " + ", ".join(sorted(fields)))
    for name, field in fields.items():
        problems.check(name in values or field.default is not dataclasses.MISSING, name, None, "a value, required")
    problems.raise_any()
    try:
        made: Loaded = kind(**values)
        return made
    except (TypeError, AttributeError) as error:
        raise InvalidSettingsError(f"{kind.role} settings in {path.name}: a value of a wrong type: {error}") from error
