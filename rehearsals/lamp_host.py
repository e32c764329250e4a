"""A host without systemd on which the LAMP server's own set-up runs: folders, free ports, secrets in a local cloud.

What an instance would keep on its data volume lies in one folder, everything else in another: throwing the second
away is an instance that was replaced.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from refarch.local import LocalCloud
from refarch.web.lamp_setup import database, php, web_server
from refarch.web.lamp_setup.configure import configure
from refarch.web.lamp_setup.platforms import PLATFORMS
from refarch.web.lamp_setup.services import Processes
from refarch.web.lamp_setup.settings import Settings
from rehearsals.ports import free_port
from rehearsals.wordpress_files import wordpress_files

PLATFORM = PLATFORMS["debian-12"]


@dataclass
class LampHost:
    """A machine with a data volume. `configure` is what an instance runs at each start."""

    folder: Path
    cloud: LocalCloud
    port: int
    changed: dict[str, Any] = field(default_factory=dict)

    @property
    def settings(self) -> Settings:
        files, root = wordpress_files(), self.folder / "machine"
        known = {
            "platform": "debian-12",
            "site_url": f"http://127.0.0.1:{self.port}",
            "site_title": "Rehearsal",
            "admin_email": "admin@example.com",
            "database_secret": "lamp/database",
            "admin_secret": "lamp/admin",
            "listen": f"127.0.0.1:{self.port}",
            "memory_mib": 600,
            "wordpress_url": files.wordpress.as_uri(),
            "wordpress_sha256": files.wordpress_sha256,
            "wp_cli_url": files.wp_cli.as_uri(),
            "wp_cli_sha256": files.wp_cli_sha256,
            "data_folder": str(self.folder / "data"),
            "configuration_folder": str(root / "etc"),
            "run_folder": str(root / "run"),
            "log_folder": str(root / "log"),
        }
        return Settings(**{**known, **self.changed})

    @property
    def url(self) -> str:
        return self.settings.site_url

    @property
    def services(self) -> Processes:
        return Processes(Path(self.settings.run_folder))

    def secret(self, name: str, value: object) -> None:
        """Make the secret, or give it another value, as rotation does."""
        client = self.cloud.client("secretsmanager")
        text = value if isinstance(value, str) else json.dumps(value)
        try:
            client.create_secret(Name=name, SecretString=text)
        except client.exceptions.ResourceExistsException:
            client.put_secret_value(SecretId=name, SecretString=text)

    def configure(self) -> list[str]:
        """Run the set-up's configuration step as the instance would; what it had to do."""
        with environment(self.cloud.environment):
            return configure(self.settings, self.services, lambda text: None)

    def stop(self) -> None:
        """Stop the three servers in order, as a shutdown does."""
        settings = self.settings
        for part in (web_server, php, database):
            self.services.stop(part.service(settings, PLATFORM))

    def replace(self) -> None:
        """The instance is gone with its root volume; a new one has the data volume."""
        self.stop()
        shutil.rmtree(self.folder / "machine")


@contextlib.contextmanager
def environment(values: Mapping[str, str]) -> Iterator[None]:
    """For a while, other variables: the AWS command line of the set-up speaks to the local cloud."""
    before = dict(os.environ)
    os.environ.update(values)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextlib.contextmanager
def lamp_host(cloud: LocalCloud) -> Iterator[LampHost]:
    """A host with a free port and the two secrets; everything it started is stopped at the end."""
    folder = Path(tempfile.mkdtemp(prefix="refarch-lamp-"))
    folder.chmod(0o755)  # the servers run as their own users
    host = LampHost(folder, cloud, free_port())
    try:
        yield host
    finally:
        host.stop()
        shutil.rmtree(folder, ignore_errors=True)
