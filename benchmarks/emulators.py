"""The local cloud and its peers, each started as a process of its own: what benchmarks.local_cloud compares."""

from __future__ import annotations

import http.client
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from refarch.local import LocalCloud
from refarch.local.environment import USER

MOTO: Final = "moto[server]==5.2.5"
MOTO_FOLDER: Final = Path(__file__).resolve().parent.parent / ".refarch" / "bench" / "moto-5.2.5"
REGION: Final = "us-east-1"
IMAGES: Final = '[[image]]\nmatch = "bench/nothing"\n'


@dataclass(frozen=True)
class Emulator:
    """One that runs: `start_seconds` from the command to the first healthy answer."""

    name: str
    endpoint: str
    process: int
    start_seconds: float
    cloud: LocalCloud | None = None

    def client(self, service: str) -> Any:
        import boto3
        from botocore.config import Config

        session = boto3.session.Session(aws_access_key_id=USER, aws_secret_access_key=USER, region_name=REGION)
        plain = Config(ignore_configured_endpoint_urls=True, retries={"total_max_attempts": 1}, read_timeout=120)
        return session.client(service, endpoint_url=self.endpoint, config=plain)

    def megabytes(self) -> float:
        """Memory of the process and of all that it started; pages that several share are divided among them."""
        return sum(_proportional(process) for process in _family(self.process)) / 1024

    def processes(self) -> int:
        return len(_family(self.process))


@contextmanager
def local_cloud(folder: Path) -> Iterator[Emulator]:
    """The project's own."""
    (folder / "refarch.images.toml").write_text(IMAGES)
    began = time.perf_counter()
    with LocalCloud.start(directory=folder) as cloud:
        yield Emulator("refarch", cloud.endpoint_url, cloud.state.pid, time.perf_counter() - began, cloud)


@contextmanager
def plain_ministack(folder: Path) -> Iterator[Emulator]:
    """ministack as it comes, without any of our repairs, in an environment as small as the local cloud's."""
    port = _free_port()
    settings = {"GATEWAY_PORT": str(port), "BIND_HOST": "127.0.0.1", "IOT_MTLS_ENABLED": "0", "SFTP_ENABLED": "0"}
    settings["DOCKER_HOST"] = f"unix://{folder / 'no-docker'}"
    with _served("ministack", [sys.executable, "-P", "-m", "ministack"], port, folder, settings) as emulator:
        yield emulator


@contextmanager
def moto_server(folder: Path) -> Iterator[Emulator]:
    """moto in a virtual environment of its own, because it takes newer packages than ministack allows."""
    port = _free_port()
    command = [str(MOTO_FOLDER / "bin" / "moto_server"), "-H", "127.0.0.1", "-p", str(port)]
    with _served("moto", command, port, folder, {}) as emulator:
        yield emulator


def install_moto() -> str:
    """Make moto ready, once (about a minute, 320 MB); why it is not there, or nothing."""
    if (MOTO_FOLDER / "bin" / "moto_server").exists():
        return ""
    shutil.rmtree(MOTO_FOLDER, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", str(MOTO_FOLDER)], check=True)
    command = [str(MOTO_FOLDER / "bin" / "python"), "-m", "pip", "install", "--quiet", MOTO]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        shutil.rmtree(MOTO_FOLDER, ignore_errors=True)
        return f"moto cannot be installed: {done.stderr.strip().splitlines()[-1:]}"
    return ""


@contextmanager
def _served(name: str, command: list[str], port: int, folder: Path, settings: dict[str, str]) -> Iterator[Emulator]:
    endpoint = f"http://127.0.0.1:{port}"
    environment = {"PATH": os.defpath, "HOME": str(folder), "TMPDIR": str(folder), "LANG": "C.UTF-8"} | settings
    began = time.perf_counter()
    with (folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log, start_new_session=True)
    try:
        _await(port, process)
        yield Emulator(name, endpoint, process.pid, time.perf_counter() - began)
    finally:
        _end(process)


def _await(port: int, process: subprocess.Popen[bytes]) -> None:
    while process.poll() is None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        with suppress(OSError), closing(connection):
            connection.request("GET", "/?Action=ListQueues")
            if connection.getresponse().status < 500:
                return
        time.sleep(0.01)
    raise RuntimeError(f"the peer ended with {process.returncode} while it started")


def _end(process: subprocess.Popen[bytes]) -> None:
    family = _family(process.pid)
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(10)
    for pid in family:
        with suppress(OSError):
            os.kill(pid, 9)
    process.wait()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _family(process: int) -> list[int]:
    """The process and its descendants. Linux only; elsewhere it is alone."""
    parents: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = path.read_text().rpartition(")")[2].split()
            parents.setdefault(int(fields[1]), []).append(int(path.parent.name))
    found = [process]
    for one in found:
        found += parents.get(one, [])
    return found


def _proportional(process: int) -> int:
    """Kilobytes."""
    with suppress(OSError):
        for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    return 0
