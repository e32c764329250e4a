"""The units of instances as systemd reads them: nothing in them is unknown to it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

import refarch.streaming

ROOT = Path(refarch.streaming.__file__).parent
UNITS = sorted(ROOT.glob("*/systemd/*.service"))


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
def test_systemd_understands_every_unit(tmp_path: Path) -> None:
    """An unknown line is only a warning to systemd, and would not harden anything."""
    assert len(UNITS) >= 5
    for unit in UNITS:
        name = unit.name.replace("@.", "@origin.")
        # python3 of the instance may be elsewhere on this machine, or not be there.
        (tmp_path / name).write_text(unit.read_text().replace("/usr/bin/python3", "/bin/true"))
    command = ["systemd-analyze", "verify", "--man=no", *map(str, tmp_path.iterdir())]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    said = [line for line in done.stderr.splitlines() if str(tmp_path) in line]
    assert (done.returncode, said) == (0, []), done.stderr
