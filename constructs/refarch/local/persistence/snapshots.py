"""Kept states as folders: one that counts, one that the running emulator works on. No emulator in here."""

from __future__ import annotations

import json
import os
import shutil
import uuid
from dataclasses import asdict, dataclass, field
from pathlib import Path

from refarch.local.errors import LocalCloudError

POINTER = "current.json"
WORK = "work"
ROOMS = "rooms.json"


@dataclass(frozen=True, kw_only=True)
class Kept:
    """What is known about a kept state. `port`: addresses in it (of queues, of APIs) hold it, so it is used again.

    `lost` names what could not be saved, and is empty when all was.
    """

    snapshot: str
    version: str
    region: str
    port: int
    saved_at: str
    lost: tuple[str, ...] = field(default=())


class Snapshots:
    """The folder of kept states of one project."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def work(self) -> Path:
        """What the running emulator writes to."""
        return self.folder / WORK

    @property
    def state(self) -> Path:
        return self.work / "state"

    @property
    def objects(self) -> Path:
        return self.work / "objects"

    @property
    def rooms(self) -> Path:
        return self.work / ROOMS

    def current(self) -> Kept | None:
        """The state that a start takes up, or None. Raises LocalCloudError when its file cannot be read."""
        pointer = self.folder / POINTER
        if not pointer.exists():
            return None
        try:
            found = json.loads(pointer.read_text())
            return Kept(**{**found, "lost": tuple(found.get("lost", ()))})
        except (ValueError, TypeError, OSError) as error:
            raise LocalCloudError(f"{pointer} cannot be read ({error}); remove {self.folder} to start empty") from error

    def open(self) -> Kept | None:
        """Lay the kept state out to work on; files are linked, not copied, for none is ever changed in place."""
        kept = self.current()
        shutil.rmtree(self.work, ignore_errors=True)
        if kept is None:
            self.state.mkdir(parents=True)
            self.objects.mkdir()
            return None
        source = self.folder / kept.snapshot
        if not source.is_dir():
            raise LocalCloudError(f"the kept state {source} is gone; remove {self.folder} to start empty")
        shutil.copytree(source, self.work, copy_function=_link)
        return kept

    def forget_services(self) -> None:
        """Remove the services' files that were loaded: one that cannot be written again must not pass for a new one."""
        for file in self.state.glob("*.json"):
            file.unlink()

    def close(self, *, version: str, region: str, port: int, saved_at: str, lost: tuple[str, ...]) -> Kept:
        """Make what was worked on the kept state, and remove the one before."""
        name = f"state-{uuid.uuid4().hex[:12]}"
        kept = Kept(snapshot=name, version=version, region=region, port=port, saved_at=saved_at, lost=lost)
        self.work.rename(self.folder / name)
        write_whole(self.folder / POINTER, json.dumps(asdict(kept), indent=2) + "\n")
        for other in self.folder.glob("state-*"):
            if other.name != name:
                shutil.rmtree(other, ignore_errors=True)
        return kept


def write_whole(path: Path, text: str) -> None:
    """Write a file so that it is there whole or not at all, also when the power goes."""
    draft = path.with_suffix(".draft")
    with draft.open("w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # a file system without links
        shutil.copy2(source, target)
