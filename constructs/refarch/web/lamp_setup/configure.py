"""The configuration step: the same on every host, and without effect where all is as it should be."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from refarch.web.lamp_setup import database, php, secret_store, web_server, wordpress
from refarch.web.lamp_setup.failures import StepFailed
from refarch.web.lamp_setup.files import folder
from refarch.web.lamp_setup.platforms import PLATFORMS, Platform
from refarch.web.lamp_setup.services import Services
from refarch.web.lamp_setup.settings import Settings

ANSWER = "the site answers"


def configure(settings: Settings, services: Services, say: Callable[[str], None]) -> list[str]:
    """Bring the server to what the settings say; what had to be done, nothing at a second run. Raises `StepFailed`."""
    platform = PLATFORMS[settings.platform]
    _folders(settings, platform)
    password = secret_store.secret_fields(settings.database_secret, ["password"])["password"]
    admin = secret_store.secret_fields(settings.admin_secret, ["username", "password"])
    token = secret_store.secret_text(settings.origin_secret) if settings.origin_secret else ""
    web_server.access(token)  # before minutes are spent on a server that could not be told whom to serve
    done: list[str] = []

    def note(changes: list[str]) -> None:
        done.extend(changes)
        for change in changes:
            say(change)

    note(wordpress.ensure_files(settings, platform))
    if not settings.database_host:
        note(database.ensure(settings, platform, services, password))
    note(wordpress.ensure_configuration(settings, platform, password))
    note(wordpress.ensure_installed(settings, platform, admin))
    note(php.ensure(settings, platform, services))
    note(web_server.ensure(settings, platform, services, token))
    answers(settings, token)
    return done


def _folders(settings: Settings, platform: Platform) -> None:
    folder(Path(settings.data_folder))
    folder(Path(settings.configuration_folder))
    folder(Path(settings.log_folder)).chmod(0o1777)
    folder(Path(settings.run_folder)).chmod(0o1777)  # the database's and PHP's sockets are made by their own users


def answers(settings: Settings, token: str, patience: float = 60) -> None:
    """Wait until the front page and the login page come. Raises `StepFailed` with what came instead."""
    for path, part in (("/", "</html>"), ("/wp-login.php", 'id="loginform"')):
        until, said = time.monotonic() + patience, ""
        while part not in said:
            if said and time.monotonic() > until:
                raise StepFailed(ANSWER, f"{path}: {said[:300]}")
            time.sleep(0.2 if said else 0)
            said = _get(settings, token, path)


def _get(settings: Settings, token: str, path: str) -> str:
    """A page as CloudFront would ask for it, from this machine itself; or why there is none."""
    address, _, port = settings.listen.rpartition(":")
    request = urllib.request.Request(f"http://{address or '127.0.0.1'}:{port}{path}")
    request.add_header("Host", urlsplit(settings.site_url).netloc)
    if token:
        request.add_header(web_server.HEADER, token)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
            return str(answer.read().decode(errors="replace"))
    except urllib.error.HTTPError as error:
        return f"status {error.code}: {error.read()[:200].decode(errors='replace')}"
    except OSError as error:
        return f"no answer: {error}"
