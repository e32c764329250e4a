"""AWS's agent for Session Manager, which Debian's image lacks: the newest, or one version of one checksum."""

from __future__ import annotations

import re
from dataclasses import dataclass

_VERSION = re.compile(r"[0-9]+(\.[0-9]+){3}")
_CHECKSUM = re.compile(r"[0-9a-f]{64}")
# From AWS's own bucket in the region, as its guide says. Without the agent the instance serves as well.
_SCRIPT = """{{
  dpkg=$(dpkg --print-architecture)
  python3 - "https://s3.{region}.{suffix}/amazon-ssm-{region}/{version}/debian_$dpkg/amazon-ssm-agent.deb" <<'PYTHON' &&
import hashlib, pathlib, sys, urllib.request
file = pathlib.Path(urllib.request.urlretrieve(sys.argv[1], "/run/refarch-session-agent.deb")[0])
if "{sha256}" not in ("", hashlib.sha256(file.read_bytes()).hexdigest()):
    sys.exit("its checksum is another one")
PYTHON
    dpkg -i /run/refarch-session-agent.deb
}} || echo 'no Session Manager: its agent could not be installed'
"""


@dataclass(frozen=True)
class SessionAgent:
    """One package of amazon-ssm-agent, for `session_manager` of the constructs. Raises `ValueError`."""

    version: str
    """Four numbers, as in AWS's release notes: 3.3.1802.0."""
    sha256: str
    """Of the package for the construct's architecture, 64 hexadecimal digits."""

    def __post_init__(self) -> None:
        wrong = [] if _VERSION.fullmatch(self.version) else [f"version is {self.version!r}, allowed: four numbers"]
        if not _CHECKSUM.fullmatch(self.sha256):
            wrong.append(f"sha256 is {self.sha256!r}, allowed: 64 hexadecimal digits, in lower case")
        if wrong:
            raise ValueError(f"SessionAgent: {'; '.join(wrong)}")


def install(agent: bool | SessionAgent, *, region: str, suffix: str) -> str:
    """Commands for bash. True: the newest, which AWS's agent would become anyway. False: none."""
    if not agent:
        return ""
    pinned = agent if isinstance(agent, SessionAgent) else None
    version, sha256 = (pinned.version, pinned.sha256) if pinned else ("latest", "")
    return _SCRIPT.format(region=region, suffix=suffix, version=version, sha256=sha256)
