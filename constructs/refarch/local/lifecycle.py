"""Start, stop and look after the emulator of one project."""

from __future__ import annotations

import contextlib
import fcntl
import http.client
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Literal

from refarch.local import adapter
from refarch.local.environment import MARK, server_environment
from refarch.local.errors import LocalCloudError
from refarch.local.folder import DataFolder, State
from refarch.local.persistence.snapshots import Snapshots
from refarch.local.processes import end_marked, end_process, is_running

START_DEADLINE = 60.0  # seconds; a start takes one, a loaded machine takes longer
STOP_GRACE = 8.0  # seconds for the emulator to end its functions before it is killed
SAVE_GRACE = 90.0  # the same for one that saves its state


@dataclass(frozen=True, kw_only=True)
class Options:
    """How to start: `port` 0 is any free one; `async_slots` invocations run at the same time; simulated seconds pass
    `clock_factor` times faster (at 60, the 120 seconds of a Spot notice take two). With `persist` a stop saves the
    state, and a start takes up what was saved."""

    port: int = 0
    region: str = "us-east-1"
    enforce_permissions: bool = False
    async_slots: int = 4
    clock_factor: float = 1.0
    persist: bool = False

    def __post_init__(self) -> None:
        problems = []
        if not 0 <= self.port <= 65_535:
            problems.append(f"port is {self.port}; allowed are 0 (any free port) to 65535")
        if not 1 <= self.async_slots <= 64:
            problems.append(f"async_slots is {self.async_slots}; allowed are 1 to 64")
        if not 0.1 <= self.clock_factor <= 100_000:
            problems.append(f"clock_factor is {self.clock_factor:g}; allowed are 0.1 to 100000")
        if problems:
            raise LocalCloudError("; ".join(problems))

    def differences(self, state: State) -> list[str]:
        """What a running emulator does not offer of what is asked for; a default asks for nothing."""
        return [
            f"{option.name} is {getattr(state, option.name)}, asked for {getattr(self, option.name)}"
            for option in fields(self)
            if getattr(self, option.name) not in (option.default, getattr(state, option.name))
        ]


@dataclass(frozen=True)
class Status:
    """What became of the emulator: `crashed` is one that wrote itself down and is gone."""

    condition: Literal["running", "stopped", "crashed"]
    state: State | None


def status(folder: DataFolder) -> Status:
    state = folder.read_state()
    if state is None:
        return Status("stopped", None)
    return Status("running" if is_running(state.pid, state.process_start) else "crashed", state)


def start(folder: DataFolder, options: Options) -> tuple[State, bool]:
    """The running emulator and whether this call started it. One that crashed is cleared away first."""
    adapter.require_pinned()
    folder.prepare()
    with _only_one(folder):
        found = status(folder)
        if found.condition == "running" and found.state:
            differences = options.differences(found.state)
            if differences:
                raise LocalCloudError(f"already running, but {'; '.join(differences)}: stop it first")
            return found.state, False
        _clear(folder)
        return _launch(folder, options), True


def stop(folder: DataFolder) -> bool:
    """End the emulator and all that it started; whether there was one."""
    if not folder.path.exists():
        return False
    with _only_one(folder):
        found = status(folder)
        if found.state:
            grace = SAVE_GRACE if found.state.persist else STOP_GRACE
            end_process(found.state.pid, found.state.process_start, grace)
        _clear(folder)
    return found.condition == "running"


def _launch(folder: DataFolder, options: Options) -> State:
    folder.prepare()
    command = [sys.executable, "-P", "-m", "refarch.local.server", "--folder", str(folder.path)]
    command += ["--port", str(options.port), "--region", options.region, "--async-slots", str(options.async_slots)]
    command += ["--clock-factor", str(options.clock_factor)]
    command += ["--enforce-permissions"] if options.enforce_permissions else []
    command += ["--persist"] if options.persist else []
    with folder.log_file.open("wb") as log:
        process = subprocess.Popen(
            command,
            cwd=folder.path,
            env=server_environment(folder, options.region, options.enforce_permissions),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C in the terminal is not meant for it
        )
    try:
        return _await_ready(folder, process)
    except BaseException:
        process.kill()
        process.wait()
        _clear(folder)
        raise


def _await_ready(folder: DataFolder, process: subprocess.Popen[bytes]) -> State:
    deadline = time.monotonic() + START_DEADLINE
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise LocalCloudError(f"the emulator ended while it started; its last lines:\n{folder.log_tail()}")
        state = folder.read_state()
        if state and state.pid == process.pid and answers(state):
            return state
        time.sleep(0.02)
    raise LocalCloudError(f"no answer in {START_DEADLINE:.0f} s; the last lines of the emulator:\n{folder.log_tail()}")


def answers(state: State) -> bool:
    """Whether the emulator says that it is healthy."""
    connection = http.client.HTTPConnection("127.0.0.1", state.port, timeout=5)
    try:
        connection.request("GET", "/_ministack/health")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def _clear(folder: DataFolder) -> None:
    """Remove what an emulator leaves behind when it is killed: its functions' processes and temporary files."""
    end_marked(MARK, str(folder.path))
    shutil.rmtree(folder.temporary, ignore_errors=True)
    shutil.rmtree(Snapshots(folder.kept).work, ignore_errors=True)
    folder.state_file.unlink(missing_ok=True)
    if folder.log_file.exists():
        folder.log_file.replace(folder.previous_log_file)


@contextlib.contextmanager
def _only_one(folder: DataFolder) -> Iterator[None]:
    """Two starts at once wait for each other instead of making two emulators."""
    with folder.lock_file.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
