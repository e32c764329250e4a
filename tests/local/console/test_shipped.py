"""The wheel brings the page: it is data, and a build that looks at Python files only would leave it out."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

from refarch.local.console import pages

ROOT = Path(__file__).resolve().parents[3]


def test_the_wheel_holds_every_file_of_the_page(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    inside = set(zipfile.ZipFile(next(tmp_path.glob("*.whl"))).namelist())
    files = [file.relative_to(pages.FOLDER) for file in pages.FOLDER.rglob("*") if file.is_file()]
    assert len(files) > 15
    assert {f"refarch/local/console/page/{file}" for file in files} <= inside
