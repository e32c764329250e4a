"""Stands in for the instances of ImmersiveStreaming: runs their very user data, with their roles' credentials, here.

What differs from an instance is replaced in the text that CloudFormation made: folders, ports, the origins' names, and
the two programs that would change this machine (apt-get and systemctl), which only say what they were asked. What the
units start then runs from the asset that the user data unpacked, with the settings and secrets that it wrote.
"""

from __future__ import annotations

import contextlib
import getpass
import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from refarch.local import LocalCloud
from rehearsals.account import RehearsalFailed
from rehearsals.streaming_processes import free_port

COMMAND = re.compile(r"^ExecStart=(.*)$", re.MULTILINE)
PLAN = re.compile(r"<<'PLAN'\n(.*)\nPLAN\n", re.DOTALL)
SETTINGS = re.compile(r"<<'SETTINGS'\n(.*)\nSETTINGS\n", re.DOTALL)
UPLOADER = "/etc/refarch-vod/uploader.json"
FOLDERS = ("/opt/refarch", "/etc/refarch-streaming", "/etc/refarch-vod", "/etc/systemd", "/run/refarch-")


@dataclass
class Instance:
    """One instance of the deployed system on this machine. `changed` are settings of its role that fit this machine."""

    cloud: LocalCloud
    id: str
    folder: Path
    names: dict[str, str]
    """Patterns of the origins' names with ports, as they stand in the settings → where they are here."""
    changed: dict[str, Any] = field(default_factory=dict)
    plan: dict[str, Any] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    """What systemd would start → the unit's file, below the folder of the program."""
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def metadata(self, path: str) -> str:
        """What the metadata service tells this instance, by tokens as version 2 wants it."""
        base = f"{self.cloud.endpoint_url}/_refarch/metadata/{self.id}/latest/"
        lifetime = {"X-aws-ec2-metadata-token-ttl-seconds": "60"}
        token = _read(urllib.request.Request(f"{base}api/token", method="PUT", headers=lifetime))  # noqa: S310 - loopback
        return _read(urllib.request.Request(base + path, headers={"X-aws-ec2-metadata-token": token}))  # noqa: S310

    @property
    def environment(self) -> dict[str, str]:
        """The role's credentials, and nothing of this checkout."""
        role = self.metadata("meta-data/iam/security-credentials/").strip()
        found = json.loads(self.metadata(f"meta-data/iam/security-credentials/{role}"))
        return {
            **self.cloud.environment,
            "AWS_ACCESS_KEY_ID": found["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": found["SecretAccessKey"],
            "AWS_SESSION_TOKEN": found["Token"],
            "REFARCH_METADATA": f"{self.cloud.endpoint_url}/_refarch/metadata/{self.id}",
            "PATH": f"{self._shims()}:{os.defpath}:/usr/sbin",
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    def boot(self) -> str:
        """Run the user data to its end; what it said. The role is not started yet."""
        for name in ("run", "etc/systemd/system"):
            (self.folder / name).mkdir(parents=True)
        script = self._adapted(self.metadata("user-data"))
        file = self.folder / "user-data.sh"
        file.write_text(script)
        done = subprocess.run(["bash", str(file)], env=self.environment, capture_output=True, text=True, timeout=120)
        if done.returncode:
            raise RehearsalFailed(f"{self.id} does not start: {(done.stdout + done.stderr)[-1500:]}")
        return done.stdout + done.stderr

    def start(self) -> None:
        """What systemd would: the units' commands, from what the user data unpacked, with the role's credentials."""
        environment = self.environment | {"PYTHONPATH": str(self.folder / "opt/refarch")}
        for service, unit in self.units.items():
            text = (self.folder / "opt/refarch" / unit).read_text()
            words = COMMAND.search(text).group(1).replace("%i", service.partition("@")[2].removesuffix(".service"))  # type: ignore[union-attr]
            command = [sys.executable, *words.replace("/etc/", f"{self.folder}/etc/").split()[1:]]
            with (self.folder / f"{service.partition('.')[0]}.jsonl").open("ab") as log:
                made = subprocess.Popen(
                    command,
                    env=environment,
                    cwd=self.folder,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
            self.processes.append(made)

    def events(self, service: str) -> list[dict[str, Any]]:
        """What a service has logged."""
        text = (self.folder / f"{service}.jsonl").read_text()
        return [json.loads(line) for line in text.splitlines() if line.startswith("{") and line.endswith("}")]

    def kill(self) -> None:
        """What befalls a machine befalls all its processes."""
        for each in self.processes:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(each.pid, signal.SIGKILL)
            each.wait()
        self.processes = []

    def stop(self) -> None:
        """The supervisor ends its own."""
        for each in self.processes:
            each.terminate()
        for each in self.processes:
            with contextlib.suppress(subprocess.TimeoutExpired):
                each.wait(20)
        self.kill()

    def _adapted(self, script: str) -> str:
        found = PLAN.search(script)
        if found is None:
            raise RehearsalFailed(f"the user data of {self.id} have no plan")
        text = found.group(1)
        for there, here in self.names.items():
            text = re.sub(rf"{there}\b", here, text)
        self.plan = json.loads(text)
        self.plan["settings"] |= self._here() | self.changed
        if uploader := self.plan.get("files", {}).get(UPLOADER):
            recordings = {"recordings": self.plan["settings"]["recordings"], "every_seconds": 0.5}
            self.plan["files"][UPLOADER] = json.dumps(json.loads(uploader) | recordings)
        for service in self.plan["services"]:
            base = service.partition("@")[0] + ("@.service" if "@" in service else "")
            self.units[service] = next(each for each in self.plan["units"] if each.endswith(f"/{base}"))
        self.units[self.plan["logs_unit"].rpartition("/")[2]] = self.plan["logs_unit"]
        self.plan |= self._logs()
        # No systemd here: the rehearsal starts the role, so nothing can be healthy yet.
        self.plan |= {"units": [], "services": [], "health": ""}
        return self._moved(script, found, self.plan)

    def _moved(self, script: str, found: re.Match[str], told: dict[str, Any]) -> str:
        """With these settings in the place of what was found, and all folders below one of our own."""
        whole = script[: found.start(1)] + json.dumps(told) + script[found.end(1) :]
        for folder in FOLDERS:
            whole = whole.replace(folder, f"{self.folder}{folder}")
        return whole.replace("sleep 60; shutdown -h now", "exit 1")

    def _here(self) -> dict[str, Any]:
        user = {"nginx_user": getpass.getuser()} if self.plan["role"] != "test_source" else {}
        return {"run": str(self.folder / "var/run"), "log": str(self.folder / "var/log"), **user}

    def _logs(self) -> dict[str, Any]:
        """The shipper's settings for this machine, which has no journal of the instance's."""
        here: dict[str, Any] = {"files": [f"{self.folder}/var/log/*.log"], "reopen": [f"{self.folder}/var/run/*.pid"]}
        here |= {"journal": [], "state": str(self.folder / "logs"), "every_seconds": 0.5}
        return {"logs": {**self.plan["logs"], **here}, "logs_unit": ""}

    def _shims(self) -> Path:
        """The two programs that would change this machine, and the interpreter that has boto3."""
        folder = self.folder / "shims"
        if not folder.exists():
            folder.mkdir(parents=True)
            note = f'#!/bin/sh\necho "$(basename "$0") $*" >> {folder}/said\n'
            python = f'#!/bin/sh\nexec {sys.executable} "$@"\n'
            for name, text in {"apt-get": note, "systemctl": note, "dpkg": note, "python3": python}.items():
                (folder / name).write_text(text)
                (folder / name).chmod(0o755)
        return folder

    @property
    def said(self) -> list[str]:
        """What was asked of the system."""
        return (self.folder / "shims" / "said").read_text().splitlines()


class Worker(Instance):
    """An instance that makes videos. Its user data are older, and have settings where the others have a plan."""

    def _adapted(self, script: str) -> str:
        found = SETTINGS.search(script)
        if found is None:
            raise RehearsalFailed(f"the user data of {self.id} have no settings")
        unit = next(re.finditer(r"cp /opt/refarch/(\S+/([a-z-]+[.]service))", script))
        self.units = {unit.group(2): unit.group(1)}
        metadata = f"{self.cloud.endpoint_url.removeprefix('http://')}/_refarch/metadata/{self.id}"
        here = {"work": str(self.folder / "work"), "metadata": metadata}
        return self._moved(script, found, json.loads(found.group(1)) | here | self.changed)


def new_ports() -> dict[str, int]:
    """One each for what an origin listens on."""
    return {name: free_port() for name in ("rtmp", "http", "control", "direct")}


def _read(request: urllib.request.Request) -> str:
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - loopback
        return str(answer.read().decode())
