"""What a server is to be: read from one JSON file, checked as a whole. No secret is in it, only where secrets are."""

from __future__ import annotations

import dataclasses
import json
import os
import re
from dataclasses import dataclass
from pathlib import Path

from refarch.web.lamp_setup.failures import StepFailed

PLATFORMS = ("amazon-linux-2023", "debian-12")
NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9]*")
SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Settings:
    """Folders are absolute paths; secrets are ARNs or names in Secrets Manager; sizes are MiB."""

    site_url: str
    """What visitors type, without a slash at the end: `https://d111111abcdef8.cloudfront.net`."""

    admin_email: str

    database_secret: str
    """JSON with `password`. The user's name is `database_user`."""

    admin_secret: str
    """JSON with `username` and `password` of the site's first administrator."""

    wordpress_url: str
    wordpress_sha256: str
    wp_cli_url: str
    wp_cli_sha256: str

    origin_secret: str = ""
    """Text that each request must carry in the header `X-Origin-Verify`. Empty: every request is served."""

    site_title: str = "WordPress"
    database_name: str = "wordpressdb"
    database_user: str = "wordpress"

    database_host: str = ""
    """Host and port of a database server elsewhere. Empty: MariaDB on this machine."""

    listen: str = "80"
    """Port, or address:port."""

    memory_mib: int = 0
    """Memory to plan with: a quarter goes to the database's buffers, half to PHP. 0: what the machine has."""

    platform: str = "amazon-linux-2023"
    data_folder: str = "/srv/lamp"
    configuration_folder: str = "/etc/lamp"
    run_folder: str = "/run/lamp"
    log_folder: str = "/var/log/lamp"

    @property
    def memory(self) -> int:
        """MiB to plan with."""
        return self.memory_mib or os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20

    @property
    def site(self) -> Path:
        """WordPress itself, with its plugins, themes and uploads."""
        return Path(self.data_folder) / "wordpress"

    @property
    def database_folder(self) -> Path:
        return Path(self.data_folder) / "mariadb"

    def configuration(self, name: str) -> Path:
        return Path(self.configuration_folder) / name

    def run(self, name: str) -> Path:
        return Path(self.run_folder) / name

    def log(self, name: str) -> Path:
        return Path(self.log_folder) / name


def load(path: Path) -> Settings:
    """The settings of a file's `site`. Raises `StepFailed` with everything that is wrong with them."""
    try:
        given = json.loads(path.read_text())["site"]
    except (OSError, ValueError, KeyError) as error:
        raise StepFailed("read the settings", f"{path}: {error}") from error
    known = {field.name: field for field in dataclasses.fields(Settings)}
    problems = [f"{name}: no such setting" for name in given if name not in known]
    required = [name for name, field in known.items() if field.default is dataclasses.MISSING]
    problems += [f"{name} is missing" for name in required if not given.get(name)]
    if problems:
        raise StepFailed("read the settings", "; ".join(problems))
    settings = Settings(**given)
    if problems := _problems(settings):
        raise StepFailed("read the settings", "; ".join(problems))
    return settings


def _problems(settings: Settings) -> list[str]:
    checks = (
        (settings.platform in PLATFORMS, "platform", f"one of {', '.join(PLATFORMS)}"),
        (re.fullmatch(r"https?://[^/\s]+", settings.site_url), "site_url", "http(s)://host, without a path"),
        (re.fullmatch(r"[^@\s]+@[^@\s]+", settings.admin_email), "admin_email", "an e-mail address"),
        (re.fullmatch(r"([0-9.]+:)?[0-9]{1,5}", settings.listen), "listen", "a port, or address:port"),
        (NAME.fullmatch(settings.database_name), "database_name", "letters and digits, a letter first"),
        (NAME.fullmatch(settings.database_user), "database_user", "letters and digits, a letter first"),
        (SHA256.fullmatch(settings.wordpress_sha256), "wordpress_sha256", "64 hexadecimal digits"),
        (SHA256.fullmatch(settings.wp_cli_sha256), "wp_cli_sha256", "64 hexadecimal digits"),
        (settings.memory >= 400, "memory_mib", "at least 400"),
    )
    return [
        f"{name} is {getattr(settings, name)!r}, allowed: {allowed}" for holds, name, allowed in checks if not holds
    ]
