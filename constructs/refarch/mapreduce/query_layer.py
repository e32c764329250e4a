"""The Lambda layer with DuckDB, from the wheel that PyPI has for the function's Python and processor.

Fetched when a declarative job is synthesized, checked against the hash in `query_engine.txt`, and kept in a cache.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Final

from aws_cdk import aws_lambda as lambda_
from constructs import Construct

LOCK: Final = Path(__file__).with_name("query_engine.txt")
# Lambda allows 250 MB unzipped for a function and all its layers; the rest is for Powertools, other layers and code.
MOST_BYTES: Final = 150 * 2**20
_PROCESSORS: Final = {"arm64": "aarch64", "x86_64": "x86_64"}
_OLDER: Final = ("17", "24", "26")  # Amazon Linux 2 (python3.11) has glibc 2.26
_NEWER: Final = (*_OLDER, "27", "28", "34")  # Amazon Linux 2023


class EngineUnavailableError(RuntimeError):
    """The layer could not be made. The message says what was tried, and what can be done."""


def query_layer(
    scope: Construct, id: str, *, runtime: lambda_.Runtime, architecture: lambda_.Architecture
) -> lambda_.LayerVersion:
    """A layer with DuckDB. Raises `EngineUnavailableError` when its wheel cannot be fetched or is too large."""
    folder = engine_folder(runtime.name.removeprefix("python"), architecture.name)
    return lambda_.LayerVersion(
        scope,
        id,
        code=lambda_.Code.from_asset(str(folder)),
        compatible_runtimes=[runtime],
        compatible_architectures=[architecture],
        description="refarch MapReduce: DuckDB for declarative jobs",
        license="MIT",
    )


def engine_folder(python: str, architecture: str, *, cache: Path | None = None) -> Path:
    """The layer's files for Python `python` ("3.13") on `architecture` ("arm64"). From the cache where it is there."""
    digest = hashlib.sha256(LOCK.read_bytes()).hexdigest()[:16]
    folder = (cache or _cache()) / f"query-engine-{python}-{architecture}-{digest}"
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        wheel = _download(Path(scratch), python, architecture)
        made = Path(scratch) / "layer"
        unpack(wheel, made / "python")
        try:
            made.rename(folder)
        except OSError:
            if not folder.is_dir():  # another synth was faster
                raise
    return folder


def unpack(wheel: Path, target: Path) -> None:
    """The wheel's files but for type stubs, which nothing in Lambda reads. Raises `EngineUnavailableError`."""
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if not name.endswith(".pyi")]
        size = sum(archive.getinfo(name).file_size for name in names)
        if size > MOST_BYTES:
            raise EngineUnavailableError(f"{wheel.name} unpacks to {size} bytes, allowed are {MOST_BYTES}")
        archive.extractall(target, names)
    shutil.rmtree(target / "adbc_driver_duckdb", ignore_errors=True)


def download_command(python: str, architecture: str, target: Path) -> list[str]:
    """pip, for another Python and another processor than its own; wheels only, hashes required."""
    libraries = _OLDER if python == "3.11" else _NEWER
    platforms = [f"manylinux_2_{library}_{_PROCESSORS[architecture]}" for library in libraries]
    platforms.append(f"manylinux2014_{_PROCESSORS[architecture]}")
    return [
        *(sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"),
        *("--only-binary=:all:", "--require-hashes", "--implementation=cp", f"--python-version={python}"),
        *(f"--platform={platform}" for platform in platforms),
        *("--dest", str(target), "--requirement", str(LOCK)),
    ]


def _download(target: Path, python: str, architecture: str) -> Path:
    command = download_command(python, architecture, target)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    wheels = list(target.glob("*.whl"))
    if done.returncode or len(wheels) != 1:
        raise EngineUnavailableError(
            f"no DuckDB wheel for Python {python} on {architecture}: {done.stderr.strip()[-1000:]}; "
            "give MapReduceProps.query_layer, or synthesize once where pip reaches PyPI"
        )
    return wheels[0]


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "refarch"
