"""The script that mounts the scratch folder, run by a shell on disks that are made up."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from refarch.batch.scratch import EBS, INSTANCE_STORE, Scratch

# lsblk, blkid and the rest read a table: name, type, model, mountpoint, filesystem, partitions.
PROGRAMS = {
    "lsblk": r"""
        case "$*" in
          *TYPE,MODEL*) awk -F'|' '{print $1, $2, $3}' "$DISKS" ;;
          *MOUNTPOINT*) awk -F'|' -v disk="${!#}" '$1 == disk {print $4}' "$DISKS" ;;
          *) awk -F'|' -v disk="${!#}" '$1 == disk {for (i = 0; i <= $6; i++) print disk}' "$DISKS" ;;
        esac""",
    "blkid": r"""
        if [ "$1" = --label ]; then [ -n "${LABELLED:-}" ] && echo "$LABELLED"; exit; fi
        awk -F'|' -v disk="${!#}" '$1 == disk {print $5}' "$DISKS" """,
    **{name: f'echo {name} "$@" >> "$CALLS"' for name in ("mkfs.xfs", "mdadm", "mount", "systemctl", "shutdown")},
    "mountpoint": "exit 1",
    "chmod": ":",
    "sleep": ":",
}
ROOT = "/dev/nvme0n1|disk|Amazon Elastic Block Store|||3"


class Instance:
    """What the script did on these disks."""

    def __init__(self, folder: Path, scratch: Scratch, *disks: str, labelled: str = "") -> None:
        self.calls, self.fstab = folder / "calls", folder / "fstab"
        (folder / "disks").write_text("".join(f"{each}\n" for each in disks))
        (folder / "bin").mkdir()
        for name, body in PROGRAMS.items():
            program = folder / "bin" / name
            program.write_text(f"#!/bin/bash\n{body}\n")
            program.chmod(0o755)
        self.fstab.touch()
        script = folder / "script.sh"
        script.write_text(scratch.script().replace(scratch.host_folder, str(folder / "mnt")))
        environment = {
            "PATH": f"{folder / 'bin'}:{os.environ['PATH']}",
            "DISKS": str(folder / "disks"),
            "CALLS": str(self.calls),
            "FSTAB": str(self.fstab),
            "LABELLED": labelled,
            "WAIT_SECONDS": "2",
        }
        self.result = subprocess.run(
            ["bash", str(script)], env=environment, capture_output=True, text=True, check=False
        )

    @property
    def done(self) -> list[str]:
        return self.calls.read_text().splitlines() if self.calls.exists() else []


def test_the_empty_volume_is_found_whatever_its_name(tmp_path: Path) -> None:
    """The post formatted /dev/xvdb, which no NVMe instance has; its successor took /dev/nvme1n1, whatever that was."""
    data = "/dev/nvme1n1|disk|Amazon Elastic Block Store||ext4|0"
    wanted = "/dev/nvme2n1|disk|Amazon Elastic Block Store|||0"
    machine = Instance(
        tmp_path, Scratch.ebs(), ROOT, data, wanted, "/dev/nvme3n1|disk|Amazon EC2 NVMe Instance Storage|||0"
    )
    assert machine.result.returncode == 0, machine.result.stderr
    assert machine.done[0] == "mkfs.xfs -q -f -L scratch /dev/nvme2n1"
    assert machine.done[1].startswith("mount ")


def test_it_is_mounted_by_its_label_and_never_hangs_a_boot(tmp_path: Path) -> None:
    machine = Instance(tmp_path, Scratch.ebs(), ROOT, "/dev/nvme1n1|disk|Amazon Elastic Block Store|||0")
    line = machine.fstab.read_text()
    assert line.startswith("LABEL=scratch ")
    assert "nofail" in line
    assert "x-systemd.device-timeout=30" in line
    assert "/dev/" not in line


def test_a_disk_that_has_the_label_is_not_formatted_again(tmp_path: Path) -> None:
    machine = Instance(tmp_path, Scratch.ebs(), ROOT, labelled="/dev/nvme1n1")
    assert machine.result.returncode == 0, machine.result.stderr
    assert [call.split()[0] for call in machine.done] == ["mount"]


def test_several_disks_of_an_instance_become_one(tmp_path: Path) -> None:
    disks = [f"/dev/nvme{number}n1|disk|Amazon EC2 NVMe Instance Storage|||0" for number in (1, 2)]
    machine = Instance(tmp_path, Scratch.instance_store(), ROOT, *disks)
    assert machine.done[0] == "mdadm --create /dev/md0 --run --level=0 --raid-devices=2 /dev/nvme1n1 /dev/nvme2n1"
    assert machine.done[1] == "mkfs.xfs -q -f -L scratch /dev/md0"


@pytest.mark.parametrize("scratch", [Scratch.ebs(), Scratch.instance_store()])
def test_without_a_disk_the_instance_takes_no_jobs_and_ends(tmp_path: Path, scratch: Scratch) -> None:
    machine = Instance(tmp_path, scratch, ROOT)
    assert machine.result.returncode == 1
    assert machine.done == ["systemctl mask --now ecs", "shutdown --poweroff +10"]
    assert f"no empty disk '{EBS if scratch.on_ebs else INSTANCE_STORE}'" in machine.result.stdout


def test_the_label_fits_a_filesystem_of_the_kind(tmp_path: Path) -> None:
    machine = Instance(tmp_path, Scratch.ebs(), ROOT, "/dev/nvme1n1|disk|Amazon Elastic Block Store|||0")
    label = machine.done[0].split()[4]
    assert len(label) <= 12  # of XFS
