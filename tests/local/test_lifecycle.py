"""Starting, stopping and losing a real emulator process."""

from __future__ import annotations

import os
import signal
import socket
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from refarch.local import LocalCloud, LocalCloudError, lifecycle
from refarch.local.environment import MARK
from refarch.local.folder import DataFolder
from refarch.local.lifecycle import Options
from refarch.local.processes import processes_with, start_time


def left_over(folder: DataFolder) -> list[int]:
    return [pid for pid, _ in processes_with(MARK, str(folder.path))]


def with_a_worker(bench: Any, cloud: LocalCloud) -> None:
    """Give the cloud a function with a live worker process."""
    name = type(bench)(cloud).function("import os\ndef handler(event, context): return os.getpid()")
    cloud.client("lambda").invoke(FunctionName=name)


def test_a_cloud_starts_once_and_leaves_nothing_behind(bench: Any, tmp_path: Path) -> None:
    with LocalCloud.start(directory=tmp_path) as cloud:
        again = LocalCloud.start(directory=tmp_path)
        assert (cloud.started, again.started, again.state) == (True, False, cloud.state)
        with again:
            pass
        assert lifecycle.status(cloud.folder).condition == "running"  # who did not start it does not stop it
        with_a_worker(bench, cloud)
        assert len(left_over(cloud.folder)) == 2
        assert any(cloud.folder.temporary.iterdir())
    assert left_over(cloud.folder) == []
    assert not cloud.folder.temporary.exists()
    assert lifecycle.status(cloud.folder) == lifecycle.Status("stopped", None)
    assert lifecycle.stop(cloud.folder) is False


def test_it_listens_on_the_loopback_only(bench: Any) -> None:
    pid = bench.cloud.state.pid
    sockets = {str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir()}
    inodes = {name[8:-1] for name in sockets if name.startswith("socket:[")}
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    listening = [row[1] for row in rows if row[3] == "0A" and row[9] in inodes]
    assert listening
    assert {address.split(":")[0] for address in listening} == {"0100007F"}


def test_two_projects_do_not_mix(bench: Any, tmp_path: Path) -> None:
    with LocalCloud.start(directory=tmp_path) as other:
        assert other.state.port != bench.cloud.state.port
        other.client("sqs").create_queue(QueueName="only-here")
        assert not [url for url in bench.cloud.client("sqs").list_queues().get("QueueUrls", []) if "only-here" in url]


def test_a_crash_is_told_and_a_start_recovers(bench: Any, tmp_path: Path) -> None:
    cloud = LocalCloud.start(directory=tmp_path)
    with_a_worker(bench, cloud)
    os.kill(cloud.state.pid, signal.SIGKILL)
    os.waitpid(cloud.state.pid, 0)
    assert lifecycle.status(cloud.folder).condition == "crashed"
    with LocalCloud.start(directory=tmp_path) as again:
        assert again.started
        assert again.state.pid != cloud.state.pid
        assert left_over(cloud.folder) == [again.state.pid]
        assert cloud.folder.previous_log_file.exists()


def test_a_busy_port_is_an_error_with_the_reason(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(LocalCloudError, match="Address already in use"):
            LocalCloud.start(directory=tmp_path, port=taken.getsockname()[1])
    assert lifecycle.status(DataFolder.of_project(tmp_path)).condition == "stopped"


def test_other_options_than_the_running_ones_are_refused(bench: Any) -> None:
    with pytest.raises(LocalCloudError, match=r"enforce_permissions is False, asked for True; async_slots is 4"):
        LocalCloud.start(directory=bench.cloud.directory, enforce_permissions=True, async_slots=9)


def test_bad_options_are_told_together() -> None:
    with pytest.raises(LocalCloudError, match=r"port is 70000.*async_slots is 0"):
        Options(port=70_000, async_slots=0)


def test_a_stop_never_ends_a_process_that_only_got_the_number(bench: Any, tmp_path: Path) -> None:
    folder = DataFolder.of_project(tmp_path)
    folder.prepare()
    folder.write_state(replace(bench.cloud.state, pid=os.getpid(), process_start="1"))
    assert lifecycle.status(folder).condition == "crashed"
    lifecycle.stop(folder)
    assert start_time(os.getpid())
    assert folder.read_state() is None


def test_clients_are_made_once_and_by_one_session(bench: Any) -> None:
    with ThreadPoolExecutor(8) as pool:
        asked = list(pool.map(bench.cloud.client, ["sqs", "s3", "sns", "sqs", "s3", "sns", "sqs", "s3"]))
    assert len({id(client) for client in asked}) == 3
    assert len({id(client._loader) for client in asked}) == 1  # the session's: what it read is read once
