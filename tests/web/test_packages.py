"""The packages of each platform: Amazon Linux against a table of names that were seen, Debian against itself."""

from __future__ import annotations

import shutil
import subprocess
from datetime import date
from pathlib import Path

import pytest

from refarch.web.lamp_setup.platforms import PLATFORMS
from rehearsals.programs import GROUPS

# Names in Amazon Linux 2023's own repository, from public set-up scripts for it that install and run them (seen
# 2026-11). PHP 8.4 has security support until 2028-12-31, MariaDB 10.11 until 2028-02-16 (their own release pages).
AMAZON_LINUX_2023 = {
    "httpd",
    "mariadb1011-server",
    *(
        f"php8.4-{part}"
        for part in ("bcmath", "cli", "fpm", "gd", "intl", "mbstring", "mysqlnd", "opcache", "xml", "zip")
    ),
}
SUPPORTED_UNTIL = {"php8.4": date(2028, 12, 31), "mariadb1011": date(2028, 2, 16)}


def test_amazon_linux_has_every_package() -> None:
    assert set(PLATFORMS["amazon-linux-2023"].packages) <= AMAZON_LINUX_2023


def test_what_has_a_version_is_still_supported() -> None:
    versions = {name.partition("-")[0] for name in PLATFORMS["amazon-linux-2023"].packages} - {"httpd"}
    assert versions == set(SUPPORTED_UNTIL)
    assert all(date.today() < end for end in SUPPORTED_UNTIL.values()), "choose newer packages"


def test_both_platforms_have_the_same_parts_of_php() -> None:
    """What WordPress asks for; where the names differ, the parts are the same. Curl is within PHP's own on Amazon."""

    def parts(platform: str) -> set[str]:
        names = PLATFORMS[platform].packages
        found = {name.partition("-")[2] for name in names if name.startswith("php")}
        return {"mysqlnd" if part == "mysql" else part for part in found} - {"curl"}

    assert parts("debian-12") == parts("amazon-linux-2023")


@pytest.mark.skipif(shutil.which("dpkg-query") is None, reason="not a Debian")
def test_debian_has_every_package() -> None:
    wanted = PLATFORMS["debian-12"].packages
    assert set(wanted) - {"php8.2-opcache"} <= set(GROUPS["web"]), "what the set-up installs, the tests' machine has"
    done = subprocess.run(["apt-cache", "policy", *wanted], capture_output=True, text=True)
    assert done.stdout.count("Candidate: (none)") == 0


def test_each_program_is_where_the_platform_says() -> None:
    debian = PLATFORMS["debian-12"]
    if not Path("/usr/sbin/apache2").exists():
        pytest.skip("the servers are not installed here")
    for program in (debian.apache, debian.php_fpm, debian.mariadbd, debian.mime_types):
        assert Path(program).exists()
