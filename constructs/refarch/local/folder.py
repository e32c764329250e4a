"""Where a project keeps its local cloud: one folder a project, so that two projects never mix."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

PROJECT_MARKS = ("cdk.json", "pyproject.toml", ".git")


@dataclass(frozen=True, kw_only=True)
class State:
    """A started emulator, as it wrote itself down in `state.json`.

    `process_start` is what the system says about the start of the process `pid`: together they
    are unique, a process number alone is used again.
    """

    pid: int
    process_start: str
    port: int
    version: str
    started_at: str
    region: str
    enforce_permissions: bool
    async_slots: int
    clock_factor: float = 1.0
    persist: bool = False

    @property
    def endpoint_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def project_root(start: Path | None = None) -> Path:
    """The nearest folder from `start` (default: the current one) upward that looks like a project, else `start`."""
    start = (start or Path.cwd()).resolve()
    for folder in (start, *start.parents):
        if any((folder / mark).exists() for mark in PROJECT_MARKS):
            return folder
    return start


@dataclass(frozen=True)
class DataFolder:
    """`.refarch/local` below a project: state, log and every temporary file of its emulator."""

    path: Path

    @classmethod
    def of_project(cls, root: Path) -> DataFolder:
        return cls(root.resolve() / ".refarch" / "local")

    @property
    def state_file(self) -> Path:
        return self.path / "state.json"

    @property
    def log_file(self) -> Path:
        return self.path / "server.log"

    @property
    def previous_log_file(self) -> Path:
        return self.path / "server.previous.log"

    @property
    def lock_file(self) -> Path:
        return self.path / "lock"

    @property
    def temporary(self) -> Path:
        return self.path / "tmp"

    @property
    def home(self) -> Path:
        """Stands in for the home folder of the emulator and of its functions: nothing of the user's is in it."""
        return self.path / "home"

    @property
    def kept(self) -> Path:
        """The states that `--persist` keeps over a restart."""
        return self.path / "kept"

    @property
    def empty_file(self) -> Path:
        """What AWS_CONFIG_FILE points to, so that no profile of the user is ever read."""
        return self.path / "no-aws-configuration"

    def prepare(self) -> None:
        for folder in (self.path, self.temporary, self.home):
            folder.mkdir(parents=True, exist_ok=True)
        self.empty_file.touch()
        ignore = self.path.parent / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n")

    def read_state(self) -> State | None:
        """The state written last, or None when there is none (or one that another release wrote)."""
        try:
            return State(**json.loads(self.state_file.read_text()))
        except (FileNotFoundError, ValueError, TypeError):
            return None

    def write_state(self, state: State) -> None:
        draft = self.state_file.with_suffix(".draft")
        draft.write_text(json.dumps(asdict(state), indent=2) + "\n")
        draft.replace(self.state_file)

    def log_tail(self, lines: int = 20) -> str:
        try:
            return "\n".join(self.log_file.read_text(errors="replace").splitlines()[-lines:])
        except FileNotFoundError:
            return "(no log)"
