"""Stands in for the instances of ImmersiveStreaming: runs their very user data, with their roles' credentials, here.

What differs from an instance is replaced in the text that CloudFormation made: folders, ports, the origins' names, and
the two programs that would change this machine (apt-get and systemctl), which only say what they were asked. The role
then runs from the asset that the user data unpacked, with the settings and secrets that it wrote.
"""

from __future__ import annotations

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

PLAN = re.compile(r"<<'PLAN'\n(.*)\nPLAN\n", re.DOTALL)
FOLDERS = ("/opt/refarch", "/etc/refarch-streaming", "/etc/refarch-vod", "/run/refarch-streaming.zip")


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
    process: subprocess.Popen[bytes] | None = None

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
        self.folder.mkdir(parents=True)
        (self.folder / "run").mkdir()
        script = self._adapted(self.metadata("user-data"))
        file = self.folder / "user-data.sh"
        file.write_text(script)
        done = subprocess.run(["bash", str(file)], env=self.environment, capture_output=True, text=True, timeout=120)
        if done.returncode:
            raise RehearsalFailed(f"{self.id} does not start: {(done.stdout + done.stderr)[-1500:]}")
        return done.stdout + done.stderr

    def start(self) -> None:
        """What systemd would: the unit's command, from what the user data unpacked."""
        role = self.plan["role"]
        settings = self.folder / "etc/refarch-streaming" / f"{role}.json"
        command = [sys.executable, "-m", "refarch.streaming.data_plane", role, str(settings)]
        environment = {"PATH": f"{os.defpath}:/usr/sbin", "PYTHONPATH": str(self.folder / "opt/refarch")}
        with (self.folder / "log.jsonl").open("ab") as log:
            self.process = subprocess.Popen(
                command,
                env=environment,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def kill(self) -> None:
        """What befalls a machine befalls all its processes."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    def stop(self) -> None:
        """The supervisor ends its own."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(20)
            self.process = None

    def _adapted(self, script: str) -> str:
        found = PLAN.search(script)
        if found is None:
            raise RehearsalFailed(f"the user data of {self.id} have no plan")
        text = found.group(1)
        for there, here in self.names.items():
            text = re.sub(rf"{there}\b", here, text)
        self.plan = json.loads(text)
        self.plan["settings"] |= self._here() | self.changed
        # No systemd here: the rehearsal starts the role, so nothing can be healthy yet.
        self.plan |= {"units": [], "services": [], "health": ""}
        whole = script[: found.start(1)] + json.dumps(self.plan) + script[found.end(1) :]
        for folder in FOLDERS:
            whole = whole.replace(folder, f"{self.folder}{folder}")
        return whole.replace("sleep 60; shutdown -h now", "exit 1")

    def _here(self) -> dict[str, Any]:
        user = {"nginx_user": getpass.getuser()} if self.plan["role"] != "test_source" else {}
        return {"run": str(self.folder / "var/run"), "log": str(self.folder / "var/log"), **user}

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


def new_ports() -> dict[str, int]:
    """One each for what an origin listens on."""
    return {name: free_port() for name in ("rtmp", "http", "control", "direct")}


def _read(request: urllib.request.Request) -> str:
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - loopback
        return str(answer.read().decode())
