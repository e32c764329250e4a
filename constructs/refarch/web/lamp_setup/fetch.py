"""Downloads that are pinned by their checksum."""

from __future__ import annotations

import hashlib
import shutil
import tarfile
import urllib.request
from pathlib import Path
from typing import Any

from refarch.web.lamp_setup.failures import StepFailed


def fetch(step: str, url: str, sha256: str, target: Path) -> bool:
    """Make sure that `target` is the file with this checksum; whether it had to be fetched. Raises `StepFailed`."""
    if target.exists() and _digest(target) == sha256:
        return False
    draft = target.with_name(f".{target.name}.draft")
    try:
        with urllib.request.urlopen(url, timeout=60) as source, draft.open("wb") as file:  # noqa: S310 - pinned
            shutil.copyfileobj(source, file)
    except (OSError, ValueError) as error:
        raise StepFailed(step, f"{url} cannot be fetched: {error}") from error
    if (got := _digest(draft)) != sha256:
        draft.unlink()
        raise StepFailed(step, f"{url} has the checksum {got}, expected {sha256}")
    draft.replace(target)
    return True


def unpack(step: str, archive: Path, target: Path) -> None:
    """Unpack `wordpress/` of the archive as `target`, in one move: half a site is never there."""
    draft = target.with_name(f".{target.name}.draft")
    shutil.rmtree(draft, ignore_errors=True)
    try:
        with tarfile.open(archive) as files:
            files.extractall(draft, **_safely())  # noqa: S202 - the archive is pinned by its checksum
        (draft / "wordpress").rename(target)
    except (OSError, tarfile.TarError) as error:
        raise StepFailed(step, f"{archive.name} cannot be unpacked: {error}") from error
    shutil.rmtree(draft, ignore_errors=True)


def _safely() -> dict[str, Any]:
    """Python's filter against paths that leave the folder, where this Python has it (3.9.17 and later)."""
    return {"filter": "data"} if hasattr(tarfile, "data_filter") else {}


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
