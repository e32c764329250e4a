"""The server's configuration step, run on this machine: a real WordPress, its database, and a person at a browser."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver

from rehearsals.lamp_host import LampHost

HERE = Path(__file__).parent
PICTURE = HERE.parents[1] / "docs" / "images" / "local-cloud-console.png"


def load(name: str) -> Any:
    """A module of this folder: tests are no packages."""
    spec = importlib.util.spec_from_file_location(f"web_{name}", HERE / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


Site = load("site").Site
conftest = load("conftest")
Host = Callable[[], LampHost]


@pytest.mark.rehearsal
def test_a_site_that_is_written_restarted_replaced_and_rotated(fresh_host: Host, browser: webdriver.Chrome) -> None:
    host = fresh_host()
    with conftest.Watch(conftest.PRINTABLE, "correct horse") as watch:
        assert "WordPress installed" in host.configure()
    assert watch.looks > 20
    assert watch.seen == set(), "a password in the arguments or the environment of a process"
    assert host.configure() == [], "a second run changes nothing"

    site = Site(browser, host.url)
    site.log_in("admin", conftest.PRINTABLE)
    site.publish("Hello from Arm", site.upload(PICTURE))
    assert site.read("/hello-from-arm/").startswith("Hello from Arm")

    host.stop()
    assert set(host.configure()) == {"database started", "PHP started", "web server started"}
    assert site.read("/hello-from-arm/").startswith("Hello from Arm")

    host.replace()
    done = host.configure()
    assert not {"WordPress unpacked", "database made", "WordPress installed", "salts made"} & set(done)
    assert site.read("/hello-from-arm/").startswith("Hello from Arm")
    browser.get(f"{host.url}/wp-admin/")
    assert site.one("#wpadminbar"), "nobody was logged out by the new instance"

    host.secret("lamp/database", {"password": conftest.PRINTABLE})
    assert set(host.configure()) == {"database account set", "site's secrets written"}
    assert site.read("/hello-from-arm/").startswith("Hello from Arm")
    assert host.configure() == []

    config = host.settings.site / "wp-config.php"
    config.write_text(config.read_text().replace("'wp_'", "'wp_' /* mine */"))
    assert host.configure() == []
    assert "/* mine */" in config.read_text(), "the owner's edits stay"
    _no_secret_lies_about(host)


def _no_secret_lies_about(host: LampHost) -> None:
    """Of all files, one holds the database's password, for root and the web server alone; none the administrator's."""
    password = conftest.PRINTABLE.replace("\\", "\\\\").replace("'", "\\'")
    files = [path for path in host.folder.rglob("*") if path.is_file() and path.stat().st_size < 2_000_000]
    holders = [
        path for path in files if any(text.encode() in path.read_bytes() for text in (password, conftest.PRINTABLE))
    ]
    assert [path.name for path in holders] == ["secrets.php"]
    assert holders[0].stat().st_mode & 0o777 == 0o640
