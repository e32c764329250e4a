"""Recordings: an FLV file while an event runs; when it is over, moved to `finished` with a description beside it.

Whatever uploads recordings looks only into `finished`: a file in there is whole, and its description (`.json`) was
there before it.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path

_FILE = re.compile(r"^(?P<stream>[a-z0-9]{1,40})-(?P<start>[0-9]{9,11})$")


@dataclass(frozen=True)
class Recording:
    """`start` in seconds since 1970; `origin` says which of the two recorded it."""

    stream: str
    start: int
    origin: str
    bytes: int


def finish(file: Path, folder: Path, origin: str) -> Path | None:
    """Move a recording to `folder`/finished. None where the file is not one of ours, or is gone already."""
    match = _FILE.match(file.stem)
    if match is None or file.suffix != ".flv" or file.parent != folder or not file.is_file():
        return None
    finished = folder / "finished"
    finished.mkdir(exist_ok=True)
    about = Recording(match["stream"], int(match["start"]), origin, file.stat().st_size)
    part = finished / f"{file.stem}.json.part"
    part.write_text(json.dumps(asdict(about)) + "\n")
    part.replace(finished / f"{file.stem}.json")
    return file.replace(finished / file.name)


def sweep(folder: Path, origin: str) -> list[Path]:
    """Finish what a crash left behind. Only before nginx runs: later, files in here are being written."""
    folder.mkdir(parents=True, exist_ok=True)
    return [done for file in sorted(folder.glob("*.flv")) if (done := finish(file, folder, origin))]
