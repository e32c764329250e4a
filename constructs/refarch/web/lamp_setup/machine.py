"""What belongs to an instance and not to its configuration: its address, its data volume, its packages."""

from __future__ import annotations

import json
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from refarch.web.lamp_setup.failures import StepFailed, run
from refarch.web.lamp_setup.files import folder, write
from refarch.web.lamp_setup.platforms import PLATFORMS
from refarch.web.lamp_setup.settings import Settings

METADATA = "http://169.254.169.254/latest"
ADDRESS, VOLUME, PACKAGES = "public address", "data volume", "packages"


@dataclass(frozen=True)
class Machine:
    """Where this instance belongs. Empty ids: nothing to associate, nothing to attach."""

    stack: str
    resource: str
    log_group: str = ""
    volume_id: str = ""
    allocation_id: str = ""
    instance_id: str = ""


def instance_id() -> str:
    """The instance's id from its metadata, version 2. Raises `StepFailed` outside of EC2."""
    try:
        token = _ask("api/token", "PUT", {"X-aws-ec2-metadata-token-ttl-seconds": "60"})
        return _ask("meta-data/instance-id", "GET", {"X-aws-ec2-metadata-token": token})
    except OSError as error:
        raise StepFailed("instance metadata", f"it does not answer: {error}") from error


def _ask(path: str, method: str, headers: dict[str, str]) -> str:
    request = urllib.request.Request(f"{METADATA}/{path}", method=method, headers=headers)  # noqa: S310 - http, fixed
    with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310
        return str(answer.read().decode())


def associate_address(machine: Machine) -> None:
    """Take the stack's public address over from the instance before this one."""
    ids = ["--allocation-id", machine.allocation_id, "--instance-id", machine.instance_id]
    run(ADDRESS, ["aws", "ec2", "associate-address", "--allow-reassociation", *ids], limit=60)


def device(volume_id: str) -> Path:
    """Where the volume appears on instances of the Nitro system, whatever device name it was attached with."""
    return Path("/dev/disk/by-id") / f"nvme-Amazon_Elastic_Block_Store_{volume_id.replace('-', '')}"


def attach_volume(machine: Machine, patience: float = 240) -> None:
    """Attach the data volume, waiting until the instance before this one has let go of it."""
    ids = ["--volume-id", machine.volume_id, "--instance-id", machine.instance_id]
    until = time.monotonic() + patience
    while True:
        state, holder = _attachment(machine.volume_id)
        if holder == machine.instance_id and state == "in-use":
            return
        if state == "available":
            run(VOLUME, ["aws", "ec2", "attach-volume", *ids, "--device", "/dev/sdf"], limit=60)
        if time.monotonic() > until:
            raise StepFailed(VOLUME, f"{machine.volume_id} is {state}, held by {holder or 'nobody'}")
        time.sleep(2)


def _attachment(volume_id: str) -> tuple[str, str]:
    """The volume's state, and the instance that has it."""
    query = "Volumes[0].[State, Attachments[0].InstanceId]"
    command = ["aws", "ec2", "describe-volumes", "--volume-ids", volume_id, "--query", query, "--output", "json"]
    state, holder = json.loads(run(VOLUME, command, limit=60))
    return state, holder or ""


def mount(settings: Settings, path: Path, patience: float = 60) -> None:
    """Mount the volume, making a file system on one that has none: never on one that has."""
    until = time.monotonic() + patience
    while not path.exists():
        if time.monotonic() > until:
            raise StepFailed(VOLUME, f"{path} did not appear")
        time.sleep(0.5)
    if not run(VOLUME, ["lsblk", "--noheadings", "--output", "FSTYPE", str(path)]).strip():
        run(VOLUME, ["mkfs.xfs", str(path)])
    folder(Path(settings.data_folder))
    table = Path("/etc/fstab")
    line = f"{path} {settings.data_folder} xfs defaults,noatime,nofail 0 2\n"
    if line not in table.read_text():
        write(table, table.read_text() + line)
    if not Path(settings.data_folder).is_mount():
        run(VOLUME, ["mount", settings.data_folder])


def install_packages(settings: Settings) -> None:
    """The distribution's packages for this platform; those that are there are left alone."""
    platform = PLATFORMS[settings.platform]
    run(PACKAGES, [*platform.install, *platform.packages], limit=600)


def prepare(settings: Settings, machine: Machine) -> None:
    """Everything before the configuration. Raises `StepFailed`."""
    if machine.allocation_id:
        associate_address(machine)
    install_packages(settings)
    if machine.volume_id:
        attach_volume(machine)
        mount(settings, device(machine.volume_id))
