"""Nothing that a job starts outlives the local cloud, however that ends, and its scratch goes with it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from refarch.local import LocalCloud
from refarch.local.processes import is_running, start_time

# A job that leaves a child behind which forgets its environment, and one that ignores the polite signal.
SCRIPT = "env -i sleep 600 & echo $! > {folder}/child; echo $$ > {folder}/parent; trap '' TERM; wait"


def begin(batch_type: Any, cloud: LocalCloud, folder: Path, until: Callable[..., Any]) -> list[tuple[int, str]]:
    """Start such a job; its processes with their start times."""
    batch = batch_type(cloud)
    batch.submit(batch.definition("sh", "-c", SCRIPT.format(folder=folder)))
    files = [folder / "child", folder / "parent"]
    until(lambda: all(path.exists() and path.read_text().strip() for path in files))
    processes = [int(path.read_text()) for path in files]
    return [(pid, started) for pid in processes if (started := start_time(pid))]


@pytest.mark.parametrize("way", ["stop", "terminate", "kill"])
def test_the_processes_of_a_job_end_with_the_cloud(
    batch: Any, project: Path, tmp_path: Path, until: Any, way: str
) -> None:
    (tmp_path / "refarch.images.toml").write_text('[[image]]\nmatch = "team/*"\n')
    cloud = LocalCloud.start(directory=tmp_path)
    try:
        processes = begin(type(batch), cloud, tmp_path, until)
        assert len(processes) == 2
        scratch = cloud.folder.temporary / "jobs"
        assert scratch.is_dir()
        if way == "stop":
            cloud.stop()
        else:
            os.kill(cloud.state.pid, signal.SIGTERM if way == "terminate" else signal.SIGKILL)
        until(lambda: not any(is_running(*process) for process in processes))
        until(lambda: not scratch.exists())
    finally:
        cloud.stop()
    if sys.platform == "linux":
        until(lambda: not keepers_of(cloud.state.pid))


def keepers_of(pid: int) -> list[str]:
    """Processes that watch for this cloud."""
    shown = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    return [line for line in shown.splitlines() if line.endswith(f"keeper.py {pid}")]


def test_scratch_goes_with_its_job(batch: Any) -> None:
    job = batch.run("sh", "-c", "touch here; pwd; echo $TMPDIR; (sleep 600 &) ; echo done")
    where, temporary, last = batch.log(job)
    assert last == "done"
    assert not Path(where).exists()
    assert not Path(temporary).exists()


@pytest.fixture
def own(tmp_path: Path) -> Iterator[LocalCloud]:
    """A cloud of one test, which keeps what it knows over a restart."""
    (tmp_path / "refarch.images.toml").write_text('[[image]]\nmatch = "team/*"\n')
    cloud = LocalCloud.start(directory=tmp_path, persist=True)
    yield cloud
    cloud.stop()


def test_emptying_the_cloud_ends_its_jobs(own: LocalCloud, batch: Any, tmp_path: Path, until: Any) -> None:
    processes = begin(type(batch), own, tmp_path, until)
    request = urllib.request.Request(f"{own.endpoint_url}/_refarch/reset", b"{}", method="POST")
    request.add_header("content-type", "application/json")
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert answer.status == 200
    until(lambda: not any(is_running(*process) for process in processes))
    assert own.client("batch").describe_job_queues()["jobQueues"] == []
    again = type(batch)(own)
    (tmp_path / "refarch.images.toml").write_text('[[image]]\nmatch = "team/*"\n')
    assert again.run("true")["status"] == "SUCCEEDED"


def test_a_job_that_a_stop_cut_off_is_failed_after_the_restart(own: LocalCloud, batch: Any) -> None:
    before = type(batch)(own)
    job = before.submit(before.definition("sleep", "600"))
    before.until(job, "RUNNING")
    own.stop()
    with LocalCloud.start(directory=own.directory, persist=True) as restarted:
        found = type(batch)(restarted).describe(job)
    assert (found["status"], found["statusReason"]) == (
        "FAILED",
        "The local cloud was stopped while the job was not finished",
    )
