"""Files that are written once, whole, and only when they differ: a second run of the set-up touches nothing."""

from __future__ import annotations

import os
import shutil
from pathlib import Path


def write(path: Path, text: str, *, mode: int = 0o644, group: str = "") -> bool:
    """Make the file hold `text`; whether that changed anything. Readers see the old file or the new one, never half."""
    if path.exists() and path.read_text() == text and path.stat().st_mode & 0o777 == mode:
        return False
    draft = path.with_name(f".{path.name}.draft")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    if group:
        shutil.chown(draft, group=group)
    draft.chmod(mode)
    draft.replace(path)
    return True


def folder(path: Path, *, owner: str = "", mode: int = 0o755) -> Path:
    """Make sure of a folder."""
    if not path.is_dir():
        path.mkdir(parents=True)
        path.chmod(mode)
        if owner:
            shutil.chown(path, owner, owner)
    return path
