"""Props of `TestSource`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_logs as logs

from refarch._shared.checks import Problems
from refarch.compute import ScheduledSize
from refarch.compute import instance_types as table
from refarch.streaming.data_plane.settings import TestSourceSettings
from refarch.streaming.live_origin import LiveOrigin
from refarch.streaming.log_shipping import RETENTION
from refarch.streaming.session_agent import SessionAgent

_PATH = re.compile(r"(qa|live)/[a-z0-9]{1,40}")
DEFAULT_SOURCE_TYPES = {
    table.ARM64: ("c7g.large", "c6g.large", "m7g.large", "m6g.large", "c6gn.large", "r6g.large"),
    table.X86_64: ("c7i.large", "c6i.large", "c5.large", "m6i.large", "m5.large", "c6a.large"),
}
"""Two processors each, enough for one picture of 1280x640."""


@dataclass(frozen=True, kw_only=True)
class TestSourceProps:
    """Colour bars with a time code and a tone, on one instance. `vpc` and `origin` must be given.

    Raises `InvalidPropsError` with every problem at once.
    """

    __test__: ClassVar[bool] = False  # no test, whatever its name

    vpc: ec2.IVpc
    origin: LiveOrigin

    path: str = "qa/test"
    """`qa/<name>` is passed through to /testhls/<name>.m3u8 and never recorded; `live/<name>` is an event like any
    other, with renditions and a recording. 1 to 40 lower-case letters and digits."""

    running: bool = True
    """Off: the group may go down to no instance; a new one begins there, and costs nothing."""

    architecture: str = table.ARM64
    instance_types: Sequence[str] = ()
    """Default: six types with two processors (`DEFAULT_SOURCE_TYPES`)."""

    machine_image: ec2.IMachineImage | None = None
    """Default: the latest Debian 12 at each deployment, with pinned packages. On another image they are not pinned."""

    width: int = 1280
    height: int = 640
    """Twice as wide as high is a whole sphere."""

    fps: int = 25
    kilobits: int = 2500
    log_group: logs.ILogGroup | None = None
    """Where instances ship their logs. Default: a new group, which is kept."""

    log_retention: logs.RetentionDays = RETENTION
    """Of a new log group. Default: the post's week."""

    session_manager: bool | SessionAgent = False
    """As of `LiveOriginProps`."""

    schedules: Sequence[ScheduledSize] = ()

    def __post_init__(self) -> None:
        problems = Problems("TestSourceProps")
        problems.check(bool(_PATH.fullmatch(self.path)), "path", self.path, "qa/<name> or live/<name>")
        problems.one_of("architecture", self.architecture, table.ARCHITECTURES)
        try:
            TestSourceSettings(urls_file="/urls", **self.picture)
        except ValueError as error:
            problems.include(str(error))
        problems.raise_any()

    @property
    def picture(self) -> dict[str, Any]:
        """The settings of the data plane that say what is shown."""
        return {name: getattr(self, name) for name in ("width", "height", "fps", "kilobits")}

    @property
    def playlist(self) -> str:
        """Where it is played: the path of the master playlist."""
        application, name = self.path.split("/")
        return f"/{'testhls' if application == 'qa' else 'hls'}/{name}.m3u8"
