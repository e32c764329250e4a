"""The scratch folder of the instances that jobs run on: on what disk it lies, and the script that mounts it. No AWS."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

EBS, INSTANCE_STORE = "Amazon Elastic Block Store", "Amazon EC2 NVMe Instance Storage"
_SCRIPT = Path(__file__).with_name("scratch.sh")
# Label of an XFS filesystem: twelve characters at most.
LABEL = "scratch"


@dataclass(frozen=True, kw_only=True)
class Scratch:
    """Where jobs keep what they need only while they run. Make one with `ebs` or `instance_store`."""

    kind: str
    """What the disks call themselves."""

    size_gb: int = 0
    """GiB of the volume; 0 for disks that come with the instance."""

    iops: int = 3000
    """Of a gp3 volume: 3,000 (in its price) to 80,000."""

    throughput: int = 125
    """MiB/s of a gp3 volume: 125 (in its price) to 2,000."""

    host_folder: str = "/docker_scratch"
    """Folder on the instance."""

    container_folder: str = "/scratch"
    """Where jobs find it."""

    @staticmethod
    def ebs(size_gb: int = 1000, *, iops: int = 3000, throughput: int = 125) -> Scratch:
        """An encrypted gp3 volume a instance, gone with it. 1,000 GiB, as in the post; limits: 1 to 65,536 GiB."""
        return Scratch(kind=EBS, size_gb=size_gb, iops=iops, throughput=throughput)

    @staticmethod
    def instance_store() -> Scratch:
        """The NVMe disks of the instance (families with a `d`), joined to one where there are several."""
        return Scratch(kind=INSTANCE_STORE)

    @property
    def on_ebs(self) -> bool:
        return self.kind == EBS

    def script(self) -> str:
        """The shell script for the instance's user data."""
        settings = f"KIND={shlex.quote(self.kind)}\nFOLDER={shlex.quote(self.host_folder)}\nLABEL={LABEL}\n"
        first, rest = _SCRIPT.read_text().split("\n", 1)
        return f"{first}\n{settings}{rest}"
