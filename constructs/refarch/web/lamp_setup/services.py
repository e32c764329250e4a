"""The three servers as services: under systemd on an instance, as plain processes on a host without it.

Both run the same foreground commands, so what the tests saw is what an instance does.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from refarch.web.lamp_setup.failures import StepFailed, run
from refarch.web.lamp_setup.files import write

UNIT = """# Written by lamp_setup; changed at its next run.
[Unit]
Description=LAMP: {name}
After=network-online.target {after}
RequiresMountsFor={data}

[Service]
RuntimeDirectory=lamp
RuntimeDirectoryMode=1777
RuntimeDirectoryPreserve=yes
ExecStart={command}
ExecReload=/bin/kill -s {reload} $MAINPID
KillSignal={stop}
Restart=always
RestartSec=2
TimeoutStopSec=60
LimitNOFILE=65536

[Install]
WantedBy=multi-user.target
"""


HOURLY_SERVICE = """# Written by lamp_setup: follows rotated secrets.
[Unit]
Description=LAMP: configuration

[Service]
Type=oneshot
WorkingDirectory={folder}
Environment=AWS_DEFAULT_REGION={region}
ExecStart=/usr/bin/python3 -m refarch.web.lamp_setup configure {path}
"""
HOURLY_TIMER = """# Written by lamp_setup.
[Unit]
Description=LAMP: configuration, hourly

[Timer]
OnActiveSec=1h
OnUnitActiveSec=1h
RandomizedDelaySec=5min

[Install]
WantedBy=timers.target
"""


@dataclass(frozen=True)
class Service:
    """`reload` is the signal that makes it read its configuration anew; empty: it must be started again."""

    name: str
    command: Sequence[str]
    reload: str = ""
    stop: str = "SIGTERM"
    after: str = ""


class Services(Protocol):
    """Whoever keeps services running."""

    def ensure(self, service: Service, *, changed: bool) -> bool:
        """Have it run with its present configuration; whether anything had to be done."""
        ...

    def running(self, service: Service) -> bool: ...


class Systemd:
    """Units of our own beside the distribution's, so that no package's default configuration takes part."""

    def __init__(self, data_folder: str, units: Path = Path("/etc/systemd/system")) -> None:
        self._data, self._units = data_folder, units

    def ensure(self, service: Service, *, changed: bool) -> bool:
        unit = self._unit(service)
        text = UNIT.format(
            name=service.name,
            after=service.after,
            data=self._data,
            command=shlex.join(service.command),
            reload=service.reload or "SIGHUP",
            stop=service.stop,
        )
        step = f"start {service.name}"
        if new := write(self._units / unit, text):
            run(step, ["systemctl", "daemon-reload"])
            run(step, ["systemctl", "enable", unit])
        if not self.running(service) or new:
            run(step, ["systemctl", "restart", unit])
            return True
        if changed:
            run(step, ["systemctl", "reload" if service.reload else "restart", unit])
        return changed

    def running(self, service: Service) -> bool:
        command = ["systemctl", "is-active", "--quiet", self._unit(service)]
        return subprocess.run(command, check=False).returncode == 0

    @staticmethod
    def _unit(service: Service) -> str:
        return f"lamp-{service.name}.service"


def run_hourly(path: Path, units: Path = Path("/etc/systemd/system")) -> None:
    """Have systemd run the configuration again each hour, so that rotated secrets reach the site."""
    region = os.environ.get("AWS_DEFAULT_REGION", "")
    write(units / "lamp-configure.service", HOURLY_SERVICE.format(folder=Path.cwd(), path=path, region=region))
    write(units / "lamp-configure.timer", HOURLY_TIMER)
    run("hourly configuration", ["systemctl", "daemon-reload"])
    run("hourly configuration", ["systemctl", "enable", "--now", "lamp-configure.timer"])


class Processes:
    """Processes of this program's caller, known by their pid files. For hosts without systemd."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def ensure(self, service: Service, *, changed: bool) -> bool:
        pid = self._pid(service)
        if pid and not changed:
            return False
        if pid and service.reload:
            os.kill(pid, signal.Signals[service.reload])
            return True
        if pid:
            self.stop(service)
        self._start(service)
        return True

    def running(self, service: Service) -> bool:
        return bool(self._pid(service))

    def stop(self, service: Service, patience: float = 30) -> None:
        """End the service and wait for it."""
        pid = self._pid(service)
        if pid:
            os.kill(pid, signal.Signals[service.stop])
            _wait_for_the_end(pid, patience)
        self._file(service).unlink(missing_ok=True)

    def _start(self, service: Service) -> None:
        if shutil.which(service.command[0]) is None:
            raise StepFailed(f"start {service.name}", f"{service.command[0]} is not installed")
        log = self._folder / f"{service.name}.output"
        with log.open("ab") as output:
            process = subprocess.Popen(
                service.command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
            )
        time.sleep(0.1)
        if process.poll() is not None:
            said = log.read_text(errors="replace")[-400:].strip()
            raise StepFailed(f"start {service.name}", f"it ended at once with {process.returncode}: {said}")
        write(self._file(service), str(process.pid))

    def _pid(self, service: Service) -> int:
        """The pid, when a process of that number runs this command; 0 otherwise."""
        with contextlib.suppress(OSError, ValueError):
            pid = int(self._file(service).read_text())
            return pid if is_running(pid) else 0
        return 0

    def _file(self, service: Service) -> Path:
        return self._folder / f"{service.name}.started"


def is_running(pid: int) -> bool:
    """Whether a process lives; one that ended and that nobody asked about yet does not."""
    with contextlib.suppress(OSError):
        os.waitpid(pid, os.WNOHANG)
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def _wait_for_the_end(pid: int, patience: float) -> None:
    until = time.monotonic() + patience
    while is_running(pid):
        if time.monotonic() > until:
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.05)
