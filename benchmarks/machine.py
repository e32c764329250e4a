"""What the figures were measured on."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from benchmarks.javascript import NODE, ROOT

PACKAGES: Final = ("aws-cdk-lib", "jsii", "cfn-lint", "duckdb")


def describe() -> dict[str, Any]:
    """Processor, memory and versions; the load is added by who measures, before and after."""
    processor = [line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")]
    memory = [int(line.split()[1]) for line in _lines("/proc/meminfo") if line.startswith("MemTotal")]
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "processor": processor[0] if processor else platform.processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_gib": round(memory[0] / 2**20) if memory else None,
        "versions": {
            "python": platform.python_version(),
            "node": _said(str(NODE), "--version").lstrip("v"),
            "aws-cdk": json.loads((ROOT / "package.json").read_text())["devDependencies"]["aws-cdk"],
            **{name: version(name) for name in PACKAGES},
        },
    }


def load() -> float:
    """Programs that wanted to run, on average over the last minute."""
    return round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else 0.0


def commit() -> str:
    """The commit that was measured, with `+` where the working tree has more; empty outside of Git."""
    changed = _said("git", "-C", str(ROOT), "status", "--porcelain", "--untracked-files=no")
    return _said("git", "-C", str(ROOT), "rev-parse", "--short=9", "HEAD") + ("+" if changed else "")


def _said(*words: str) -> str:
    try:
        return subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def _lines(path: str) -> list[str]:
    return Path(path).read_text().splitlines() if Path(path).exists() else []
