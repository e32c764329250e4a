"""MariaDB on the data volume, for this machine only; the site's database and its one account."""

from __future__ import annotations

import hashlib
import re
import time

from refarch.web.lamp_setup.failures import StepFailed, run
from refarch.web.lamp_setup.files import folder, write
from refarch.web.lamp_setup.platforms import Platform
from refarch.web.lamp_setup.services import Service, Services
from refarch.web.lamp_setup.settings import Settings

STEP = "database"
HASH = re.compile(r"\*[0-9A-F]{40}")
CONFIGURATION = """# Written by lamp_setup; changed at its next run.
[mariadbd]
user = {user}
datadir = {data}
socket = {socket}
pid-file = {pid}
log-error = {log}
skip-networking
skip-name-resolve
character-set-server = utf8mb4
collation-server = utf8mb4_unicode_520_ci
innodb-buffer-pool-size = {buffers}M
innodb-flush-log-at-trx-commit = 1
max-connections = 100
"""
TEXT = """CREATE DATABASE IF NOT EXISTS `{database}` CHARACTER SET utf8mb4;
CREATE USER IF NOT EXISTS '{user}'@'localhost';
ALTER USER '{user}'@'localhost' IDENTIFIED VIA mysql_native_password USING '{password}';
GRANT ALL ON `{database}`.* TO '{user}'@'localhost';
"""


def socket(settings: Settings) -> str:
    return str(settings.run("mariadb.sock"))


def configuration(settings: Settings, platform: Platform) -> str:
    """MariaDB's own file; the distribution's are not read."""
    return CONFIGURATION.format(
        user=platform.database_user,
        data=settings.database_folder,
        socket=socket(settings),
        pid=settings.run("mariadb.pid"),
        log=settings.log("mariadb.log"),
        buffers=max(64, settings.memory // 4),
    )


def service(settings: Settings, platform: Platform) -> Service:
    return Service("mariadb", [platform.mariadbd, f"--defaults-file={settings.configuration('mariadb.cnf')}"])


def password_hash(password: str) -> str:
    """What MariaDB stores of a password. Sent instead of it, so that no log of statements ever holds it."""
    return "*" + hashlib.sha1(hashlib.sha1(password.encode()).digest()).hexdigest().upper()  # noqa: S324 - theirs


def ensure(settings: Settings, platform: Platform, services: Services, password: str) -> list[str]:
    """Have the database run, with the site's database and account; what had to be done."""
    done = []
    cnf = settings.configuration("mariadb.cnf")
    changed = write(cnf, configuration(settings, platform))
    if not (settings.database_folder / "mysql").is_dir():
        _install(settings, platform)
        done.append("database made")
    if services.ensure(service(settings, platform), changed=changed):
        done.append("database started")
    _wait(settings, services, platform)
    if _stored_hash(settings) != password_hash(password):
        _account(settings, password)
        done.append("database account set")
    return done


def _install(settings: Settings, platform: Platform) -> None:
    folder(settings.database_folder, owner=platform.database_user, mode=0o750)
    options = ["--skip-test-db", "--auth-root-authentication-method=socket", "--auth-root-socket-user=root"]
    cnf = f"--defaults-file={settings.configuration('mariadb.cnf')}"
    run(STEP, ["mariadb-install-db", cnf, f"--user={platform.database_user}", *options])


def statement(settings: Settings, text: str) -> str:
    """Run SQL as root, who is known by the socket; the text goes in by standard input."""
    client = ["mariadb", "--no-defaults", f"--socket={socket(settings)}", "--batch", "--skip-column-names"]
    return run(STEP, client, given=text, limit=60)


def _wait(settings: Settings, services: Services, platform: Platform, patience: float = 60) -> None:
    until = time.monotonic() + patience
    while True:
        try:
            statement(settings, "SELECT 1")
            return
        except StepFailed as failure:
            dead = not services.running(service(settings, platform))
            if dead or time.monotonic() > until:
                raise StepFailed(STEP, f"MariaDB does not answer: {_last_words(settings) or failure.reason}") from None
        time.sleep(0.2)


def _last_words(settings: Settings) -> str:
    log = settings.log("mariadb.log")
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    errors = [line for line in lines if "[ERROR]" in line]
    return " | ".join(errors[-3:])


def _stored_hash(settings: Settings) -> str:
    """The hash of the account's present password; empty when there is no account yet."""
    query = f"SHOW CREATE USER '{settings.database_user}'@'localhost'"
    try:
        found = HASH.search(statement(settings, query))
    except StepFailed:
        return ""
    return found.group() if found else ""


def _account(settings: Settings, password: str) -> None:
    names = {"database": settings.database_name, "user": settings.database_user}
    statement(settings, TEXT.format(**names, password=password_hash(password)))
