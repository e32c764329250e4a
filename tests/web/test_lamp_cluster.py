"""Servers of a cluster, for real: they start together on empty shared files, and are one site afterwards."""

from __future__ import annotations

import dataclasses
import http.client
import json
import os
import subprocess
import sys
import urllib.parse
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from refarch.web.lamp_cluster_user_data import lock
from rehearsals.lamp_database import database
from rehearsals.lamp_host import LampHost

ROOT = Path(__file__).parents[2]
PASSWORD = "a password"
SCRIPT = """set -uo pipefail
failed() {{ echo "FAILED $1"; exit 1; }}
{lock}exec {python} -m refarch.web.lamp_setup configure {settings}
"""


def start(host: LampHost, file: Path) -> subprocess.Popen[str]:
    """A server's start from the lock on, with the lines that its user data has."""
    file.write_text(json.dumps({"site": dataclasses.asdict(host.settings), "machine": {}}))
    script = SCRIPT.format(lock=lock(host.settings.data_folder), python=sys.executable, settings=file)
    environment = {**os.environ, **host.cloud.environment, "PYTHONPATH": f"{ROOT}/constructs"}
    return subprocess.Popen(["bash", "-c", script], env=environment, stdout=subprocess.PIPE, text=True)


@pytest.fixture
def pair(fresh_host: Callable[[], LampHost], tmp_path: Path) -> Iterator[tuple[LampHost, LampHost]]:
    first, second = fresh_host(), fresh_host()
    first.secret("lamp/admin", {"username": "admin", "password": PASSWORD})
    with database("correct horse") as address:
        first.changed = {"database_host": address}
        shared = {"data_folder": first.settings.data_folder, "site_url": first.url}
        second.changed = {"database_host": address, **shared}
        Path(first.settings.data_folder).mkdir()
        yield first, second
        first.stop()
        second.stop()


def ask(host: LampHost, path: str, form: dict[str, str] | None = None, cookies: str = "") -> Any:
    """What one server answers to a request for the site's own name, as the load balancer hands it on."""
    address, _, port = host.settings.listen.partition(":")
    connection = http.client.HTTPConnection(address, int(port), timeout=60)
    headers = {"Host": urllib.parse.urlsplit(host.url).netloc, "Cookie": cookies}
    if form:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    connection.request("POST" if form else "GET", path, urllib.parse.urlencode(form or {}), headers)
    answer = connection.getresponse()
    answer.body = answer.read()  # type: ignore[attr-defined]
    return answer


def test_servers_that_start_together_install_one_site_and_share_logins_and_uploads(
    pair: tuple[LampHost, LampHost], tmp_path: Path
) -> None:
    starts = [start(host, tmp_path / f"{number}.json") for number, host in enumerate(pair)]
    said = [each.communicate(timeout=300)[0] for each in starts]
    assert [each.returncode for each in starts] == [0, 0], said
    for once in ("WordPress unpacked", "WordPress installed", "salts made"):
        assert sum(once in text for text in said) == 1, (once, said)
    first, second = pair
    form = {"log": "admin", "pwd": PASSWORD, "testcookie": "1"}
    login = ask(first, "/wp-login.php", form, cookies="wordpress_test_cookie=WP%20Cookie%20check")
    assert login.status == 302, login.body[:500]
    cookies = "; ".join(each.partition(";")[0] for each in login.headers.get_all("Set-Cookie"))
    assert ask(second, "/wp-admin/profile.php", cookies=cookies).status == 200, "a login holds on the other server too"
    assert ask(second, "/wp-admin/profile.php").status == 302
    uploaded = first.settings.site / "wp-content" / "uploads" / "picture.txt"
    uploaded.parent.mkdir(exist_ok=True)
    uploaded.write_text("a picture")
    assert ask(second, "/wp-content/uploads/picture.txt").body == b"a picture"
    assert ask(second, "/wp-login.php").status == 200, "the health check of the load balancer"


def test_a_second_server_waits_while_one_is_set_up_and_gives_up_when_told(tmp_path: Path) -> None:
    impatient = lock(str(tmp_path)).replace("--timeout 900", "--timeout 0")
    script = f'failed() {{ echo "FAILED $1"; exit 1; }}\n{impatient}echo mine; read -r'
    with subprocess.Popen(["bash", "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "mine\n"
        refused = subprocess.run(["bash", "-c", script], input="", capture_output=True, text=True)
        holder.kill()
    assert refused.stdout == "FAILED wait for the lock\n"
    after = subprocess.run(["bash", "-c", script], input="\n", capture_output=True, text=True)
    assert after.stdout == "mine\n", "the lock of one that died is free"
