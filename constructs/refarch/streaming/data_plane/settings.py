"""Settings of the roles: one JSON object a role, read from a file. No secret is in them, only paths of secrets."""

from __future__ import annotations

import dataclasses
import difflib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from refarch.streaming.data_plane.ingest_settings import IngestSettings, check_ingest
from refarch.streaming.data_plane.ladder import parse_rungs
from refarch.streaming.data_plane.problems import InvalidSettingsError, Problems

PACKAGERS = ("ffmpeg", "rtmp-loopback")
SEGMENT_FORMATS = ("mpegts", "fmp4")
PRESETS = ("ultrafast", "superfast", "veryfast", "faster", "fast", "medium")
LOCAL = ("127.0.0.1",)


@dataclass(frozen=True, kw_only=True)
class OriginSettings(IngestSettings):
    """A live origin. Ports and rates are the post's; fragments are 2 s instead of 10 s, for the latency."""

    role: ClassVar[str] = "origin"

    name: str = "primary"
    """Who answers: in the header X-Media-Handled-By and in the names of recordings. Lowercase letters and digits."""
    rtmp_listen: str = "0.0.0.0:1935"
    http_listen: str = "0.0.0.0:80"
    control_port: int = 1936
    """Of the control program, on loopback only."""
    peer_url: str = ""
    """`http://host:port` of the other origin; empty: there is none."""
    peer_sources: tuple[str, ...] = LOCAL
    """Who may ask /peer/: the other origin."""
    admin_sources: tuple[str, ...] = LOCAL
    """Who may read /status and /stat."""
    direct_listen: str = ""
    """Where CloudFront asks when there is no edge: streams alone, for who shows the key. Empty: nowhere."""
    direct_key_file: str = ""
    """One line: what X-Refarch-Origin must say at `direct_listen`."""
    signing_key_file: str = ""
    """One line: the edges' secret of signed URLs, asked for at `direct_listen` too. Empty: open."""
    publish_keys_file: str = ""
    """JSON: {"*": ["key"], "name": ["key", "next key"]}; read at every publish. Empty: anyone publishes."""
    fragment_seconds: int = 2
    playlist_segments: int = 10
    rungs: str = "1920:5800 960:2300 480:500"
    """WIDTH:KILOBITS of the renditions below the pass-through."""
    preset: str = "veryfast"
    encoder_threads: int = 0
    """Per rendition. With 1, decoder and encoders share a thread, which no processor of today is fast enough for at 4K,
    and both origins encode the same bytes. With more they mostly do: x264 then hands out bits by who is ahead.
    0: 1 where the source's size and the ladder leave that thread time, else 3."""
    packager: str = "ffmpeg"
    """`rtmp-loopback` sends the renditions through nginx-rtmp's own packager, as the post does."""
    segment_format: str = "mpegts"
    """`mpegts`, which every player knows, or `fmp4`: fragmented MP4 (CMAF), smaller, and its media time never wraps."""
    part_ms: int = 0
    """Length of parts, for low-latency HLS; 0: none. Only with `fmp4`; a fragment holds whole parts."""
    lead_ms: int = 2500
    """How far ahead of the newest frame a packager starts: it needs that long to get going."""
    end_grace_seconds: float = 10.0
    """How long after the last frame an event counts as ended, if no encoder comes back to either origin."""
    ended_keep_seconds: float = 60.0
    """How long the closed playlist stays up."""
    late_seconds: float = 1.0
    """A segment this late makes the origin ask its peer, and withdraw where the peer has it."""
    recordings: str = "/var/lib/refarch-streaming/recordings"
    """FLV files being written; finished ones move to its folder `finished`, each with a .json beside it."""
    run: str = "/run/refarch-streaming"
    """Playlists, segments, rendered configuration. In memory on Debian."""
    log: str = "/var/log/refarch-streaming"
    nginx_user: str = "www-data"

    def __post_init__(self) -> None:
        problems = Problems("origin settings")
        _paths(problems, self, "recordings", "run", "log")
        for name in ("rtmp_listen", "http_listen"):
            problems.address(name, getattr(self, name))
        check_ingest(problems, self)
        problems.address("direct_listen", self.direct_listen, empty=True)
        both = bool(self.direct_listen) == bool(self.direct_key_file)
        problems.check(both, "direct_key_file", self.direct_key_file, "a file together with direct_listen, or neither")
        problems.check(self.name.isalnum() and self.name.islower(), "name", self.name, "lowercase letters and digits")
        good_url = not self.peer_url or bool(re.fullmatch(r"http://[A-Za-z0-9.:-]+", self.peer_url))
        problems.check(good_url, "peer_url", self.peer_url, "http://host:port")
        problems.sources("peer_sources", self.peer_sources)
        problems.sources("admin_sources", self.admin_sources)
        problems.one_of("packager", self.packager, PACKAGERS)
        problems.one_of("segment_format", self.segment_format, SEGMENT_FORMATS)
        possible = self.segment_format != "fmp4" or self.packager == "ffmpeg"
        only = "mpegts with the packager rtmp-loopback: nginx-rtmp writes no fragmented MP4"
        problems.check(possible, "segment_format", self.segment_format, only)
        _parts(problems, self)
        problems.one_of("preset", self.preset, PRESETS)
        _numbers(problems, self)
        try:
            parse_rungs(self.rungs)
        except ValueError as error:
            problems.check(False, "rungs", self.rungs, str(error))
        problems.raise_any()


def _parts(problems: Problems, settings: OriginSettings) -> None:
    if settings.part_ms:
        fits = 200 <= settings.part_ms <= 1000 and settings.fragment_seconds * 1000 % settings.part_ms == 0
        problems.check(fits, "part_ms", settings.part_ms, "0, or 200 to 1000 ms that divide the fragment")
        problems.check(settings.segment_format == "fmp4", "part_ms", settings.part_ms, "0, or segment_format fmp4")


def _numbers(problems: Problems, settings: OriginSettings) -> None:
    problems.between("control_port", settings.control_port, 1, 65535)
    problems.between("fragment_seconds", settings.fragment_seconds, 1, 10, "s")
    problems.between("playlist_segments", settings.playlist_segments, 4, 60)
    problems.between("encoder_threads", settings.encoder_threads, 0, 16)
    problems.between("lead_ms", settings.lead_ms, 500, 30_000, "ms")
    problems.between("end_grace_seconds", settings.end_grace_seconds, 1, 600, "s")
    problems.between("ended_keep_seconds", settings.ended_keep_seconds, 0, 86_400, "s")
    problems.between("late_seconds", settings.late_seconds, 0.5, 60, "s")


@dataclass(frozen=True, kw_only=True)
class EdgeSettings:
    """An edge cache in front of two origins."""

    role: ClassVar[str] = "edge"

    primary: str
    backup: str = ""
    """`host:port` of the origins; without a backup there is nothing to fail over to."""
    http_listen: str = "0.0.0.0:80"
    name: str = "edge"
    workers: str = "auto"
    admin_sources: tuple[str, ...] = LOCAL
    """Who may read /server-status."""
    fail_seconds: int = 5
    """How long a failed primary is left alone before it is tried again."""
    origin_connect_ms: int = 500
    origin_read_ms: int = 1000
    segment_lock_ms: int = 500
    """How long viewers wait for a segment that another one is fetching, before they ask the origin themselves."""
    cache_megabytes: int = 2048
    low_latency: bool = False
    """Playlists live half a second in the cache instead of one to two. Costs origin requests, and stale-if-error."""
    signing_key_file: str = ""
    """One line: the secret of signed URLs. Empty: playlists and segments are open."""
    run: str = "/run/refarch-streaming"
    """Cache, rendered configuration and the file `draining`, which turns /healthz to 503."""
    log: str = "/var/log/refarch-streaming"
    nginx_user: str = "www-data"

    def __post_init__(self) -> None:
        problems = Problems("edge settings")
        _paths(problems, self, "run", "log")
        problems.address("primary", self.primary)
        problems.address("backup", self.backup, empty=True)
        problems.address("http_listen", self.http_listen)
        problems.sources("admin_sources", self.admin_sources)
        problems.check(self.name.isalnum(), "name", self.name, "letters and digits")
        problems.check(self.workers == "auto" or self.workers.isdigit(), "workers", self.workers, "auto, or a number")
        problems.between("fail_seconds", self.fail_seconds, 1, 60, "s")
        problems.between("origin_connect_ms", self.origin_connect_ms, 50, 60_000, "ms")
        problems.between("origin_read_ms", self.origin_read_ms, 100, 60_000, "ms")
        problems.between("segment_lock_ms", self.segment_lock_ms, 50, 10_000, "ms")
        problems.between("cache_megabytes", self.cache_megabytes, 16, 1_000_000, "MB")
        problems.raise_any()


@dataclass(frozen=True, kw_only=True)
class TestSourceSettings:
    """Colour bars with a time code and a tone, published to one or both origins in one encode."""

    __test__: ClassVar[bool] = False  # not a test, whatever its name
    role: ClassVar[str] = "test_source"

    urls_file: str
    """One publishing point a line: rtmp://host:1935/live/demo?key=… A file, because keys are secrets."""
    width: int = 1280
    height: int = 640
    fps: int = 25
    kilobits: int = 2500
    keyframe_seconds: int = 1
    """Must divide the origins' fragment."""
    preset: str = "ultrafast"
    burnt_clock: bool = True
    """A wall clock of 20 bits in the bottom row, which `burnt_clock.read` reads back from a picture."""
    font: str = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"
    run: str = "/run/refarch-streaming"
    log: str = "/var/log/refarch-streaming"

    def __post_init__(self) -> None:
        problems = Problems("test source settings")
        _paths(problems, self, "urls_file", "font", "run", "log")
        problems.between("width", self.width, 160, 7680, "pixels")
        problems.between("height", self.height, 80, 4320, "pixels")
        problems.check(not (self.width % 2 or self.height % 2), "width, height", (self.width, self.height), "even")
        problems.between("fps", self.fps, 1, 120)
        problems.between("kilobits", self.kilobits, 50, 100_000, "kbit/s")
        problems.between("keyframe_seconds", self.keyframe_seconds, 1, 10, "s")
        problems.one_of("preset", self.preset, PRESETS)
        problems.raise_any()


Settings = OriginSettings | EdgeSettings | TestSourceSettings
Loaded = TypeVar("Loaded", OriginSettings, EdgeSettings, TestSourceSettings)


def load(kind: type[Loaded], path: Path) -> Loaded:
    """The settings in a JSON file. Raises `InvalidSettingsError` with every problem, unknown names included."""
    values: dict[str, Any] = json.loads(path.read_text())
    fields = {field.name: field for field in dataclasses.fields(kind)}
    problems = Problems(f"{kind.role} settings in {path.name}")
    for name in values.keys() - fields.keys():
        near = difflib.get_close_matches(name, fields, 1)
        problems.check(False, name, values[name], f"no such setting{f'; did you mean {near[0]}?' if near else ''}")
    for name, field in fields.items():
        problems.check(name in values or field.default is not dataclasses.MISSING, name, None, "a value, required")
    problems.raise_any()
    try:
        made: Loaded = kind(**{key: tuple(each) if isinstance(each, list) else each for key, each in values.items()})  # type: ignore[arg-type]
        return made
    except (TypeError, AttributeError) as error:
        raise InvalidSettingsError(f"{kind.role} settings in {path.name}: a value of a wrong type: {error}") from error


def dump(settings: Settings) -> str:
    """The settings as JSON, as `load` reads them."""
    return json.dumps(dataclasses.asdict(settings), indent=2) + "\n"


def _paths(problems: Problems, settings: Settings, *names: str) -> None:
    for name in names:
        problems.path(name, getattr(settings, name))
