"""Stands in for the instance of a Lamp stack: runs its very user data, with its role's credentials, on this machine.

What differs from an instance is replaced in the text that CloudFormation made: folders, the platform, the port, the
address of the metadata service, where releases are fetched from, and the device, since nothing is attached here.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from refarch.local import LocalCloud
from refarch.web.lamp_setup import database, php, web_server
from refarch.web.lamp_setup.services import Processes
from refarch.web.lamp_setup.settings import Settings
from rehearsals.account import RehearsalFailed
from rehearsals.lamp_host import PLATFORM
from rehearsals.wordpress_files import wordpress_files

SETTINGS = re.compile(r"<<'SETTINGS'[^\n]*\n(.*)\nSETTINGS\n", re.DOTALL)


@dataclass
class Machine:
    """This machine, playing one instance after the other. `data` is the volume that goes from one to the next."""

    cloud: LocalCloud
    folder: Path
    port: int
    changed: dict[str, Any] = field(default_factory=dict)
    settings: Settings | None = None

    def metadata(self, instance: str, path: str) -> str:
        """What the metadata service tells this instance, by tokens as version 2 wants it."""
        base = f"{self.cloud.endpoint_url}/_refarch/metadata/{instance}/latest/"
        lifetime = {"X-aws-ec2-metadata-token-ttl-seconds": "60"}
        token = _read(urllib.request.Request(f"{base}api/token", method="PUT", headers=lifetime))  # noqa: S310 - loopback
        return _read(urllib.request.Request(base + path, headers={"X-aws-ec2-metadata-token": token}))  # noqa: S310

    def credentials(self, instance: str) -> dict[str, str]:
        """The role's, as its metadata give them."""
        role = self.metadata(instance, "meta-data/iam/security-credentials/").strip()
        found = json.loads(self.metadata(instance, f"meta-data/iam/security-credentials/{role}"))
        return {
            "AWS_ACCESS_KEY_ID": found["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": found["SecretAccessKey"],
            "AWS_SESSION_TOKEN": found["Token"],
        }

    def environment(self, instance: str) -> dict[str, str]:
        """A Python without this checkout, the AWS command line, and the role's credentials."""
        tools = self.folder / "tools"
        tools.mkdir(exist_ok=True)
        plain = Path(sys.base_prefix) / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}"
        for name, program in (("python3", plain), ("aws", Path(sys.executable).parent / "aws")):
            if not (tools / name).exists():
                (tools / name).symlink_to(program)
        path = os.pathsep.join([str(tools), "/usr/sbin", "/usr/bin", "/sbin", "/bin"])
        return {**self.cloud.environment, **self.credentials(instance), "PATH": path, "HOME": str(self.folder)}

    def boot(self, instance: str) -> str:
        """Run the user data to its end; what it said."""
        script = self.folder / f"{instance}.sh"
        script.write_text(self._adapted(instance, self.metadata(instance, "user-data")))
        environment = self.environment(instance)
        done = subprocess.run(["bash", str(script)], env=environment, capture_output=True, text=True, timeout=300)
        return done.stdout + done.stderr

    def stop(self) -> None:
        """End the servers: the instance was terminated, and its root volume is gone."""
        if self.settings:
            services = Processes(Path(self.settings.run_folder))
            for part in (web_server, php, database):
                services.stop(part.service(self.settings, PLATFORM))
            subprocess.run(["rm", "-rf", str(self.folder / "root")], check=True)

    def page(self, path: str, token: str = "") -> tuple[int, str]:
        """(status, text) of a page, asked for as CloudFront does."""
        assert self.settings
        headers = {"Host": self.settings.site_url.removeprefix("https://"), web_server.HEADER: token}
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
                return answer.status, answer.read().decode(errors="replace")
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode(errors="replace")

    def _adapted(self, instance: str, script: str) -> str:
        root = self.folder / "root"
        found = SETTINGS.search(script)
        if found is None:
            raise RehearsalFailed("the user data hand no settings to the set-up")
        settings = json.loads(found.group(1))
        self.settings = Settings(**{**settings["site"], **self._here(root), **self.changed})
        machine = {**settings["machine"], "instance_id": instance, "volume_id": ""}
        document = json.dumps({"site": self.settings.__dict__, "machine": machine})
        whole = f"{script[: found.start(1)]}{document}{script[found.end(1) :]}"
        address = f"{self.cloud.endpoint_url}/_refarch/metadata/{instance}/latest"
        for there, here in (("http://169.254.169.254/latest", address), ("/opt/lamp", f"{root}/opt")):
            whole = whole.replace(there, here)
        return whole.replace("/etc/lamp", f"{root}/etc")

    def _here(self, root: Path) -> dict[str, Any]:
        files = wordpress_files()
        return {
            "platform": "debian-12",
            "listen": f"127.0.0.1:{self.port}",
            "memory_mib": 600,
            "data_folder": str(self.folder / "data"),
            "configuration_folder": f"{root}/etc",
            "run_folder": f"{root}/run",
            "log_folder": f"{root}/log",
            "wordpress_url": files.wordpress.as_uri(),
            "wordpress_sha256": files.wordpress_sha256,
            "wp_cli_url": files.wp_cli.as_uri(),
        }


def new_folder() -> Path:
    """A folder that the servers' own users may enter."""
    folder = Path(tempfile.mkdtemp(prefix="refarch-lamp-"))
    folder.chmod(0o755)
    return folder


def _read(request: urllib.request.Request) -> str:
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
        return str(answer.read().decode())
