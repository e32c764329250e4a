"""Files on an instance: whole or not there, and readable for those alone who need them."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

USER = "www-data"
"""Who runs the roles."""
SHARED, PRIVATE = 0o640, 0o600
"""Of root, readable for the roles; or of the roles' user alone, as private keys are."""


def write(path: Path, text: str, mode: int = SHARED) -> None:
    """Replace `path` in one step: who reads it sees the old text or the new one, and never too many may."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    part.touch(mode=PRIVATE)
    part.write_text(text)
    part.chmod(mode)
    if os.geteuid() == 0:
        shutil.chown(part, user=USER if mode == PRIVATE else None, group=USER)
    part.replace(path)
