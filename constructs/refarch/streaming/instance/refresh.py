"""Keeps the files of secrets as the secrets are: a rotated key counts on instances that run, and cuts nobody off.

Publish keys and the passphrase of SRT are read whenever an encoder comes. What a process has read at its start (a
certificate, a signing key, a test source's keys) takes a reload of the role, which keeps connections. A secret that
cannot be read, or cannot be what it is for, changes nothing.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from refarch.streaming.data_plane.supervisor import log
from refarch.streaming.instance import boot, files
from refarch.streaming.instance.plan import Plan, SecretFile, load

Fetch = Callable[[str], str]


def main(file: Path) -> int:
    """Until SIGTERM ends it."""
    plan, owed = load(file), False
    log("watching secrets", every_seconds=plan.refresh_seconds, files=[each.file for each in plan.secrets])
    while True:
        owed = look(plan, lambda secret: boot.fetch_secret(plan, secret), lambda: reload(plan), owed)
        time.sleep(plan.refresh_seconds)


def look(plan: Plan, fetch: Fetch, tell: Callable[[], bool], owed: bool = False) -> bool:
    """Read every secret once; `tell` the role where a file changed. Returns whether the role still has to be told."""
    changed = [_renew(each, fetch) for each in plan.secrets]
    return (any(changed) or owed) and not tell()


def reload(plan: Plan) -> bool:
    """Whether systemd has told the role."""
    done = subprocess.run(
        ["systemctl", "reload", f"refarch-streaming@{plan.role}.service"], capture_output=True, text=True, check=False
    )
    log("reloaded", code=done.returncode, said=done.stderr.strip())
    return done.returncode == 0


def _renew(kept: SecretFile, fetch: Fetch) -> bool:
    file = Path(kept.file)
    try:
        text = kept.content(fetch(kept.secret))
        if file.exists() and file.read_text() == text:
            return False
        files.write(file, text, kept.mode)
    except (ClientError, BotoCoreError, ValueError, OSError) as error:
        log("secret kept as it was", file=kept.file, why=str(error))
        return False
    log("secret renewed", file=kept.file)
    return True
