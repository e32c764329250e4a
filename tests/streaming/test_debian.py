"""Packages of one day: every user data names exact versions, apt itself reads the list, and the tests run the same."""

from __future__ import annotations

import re
import shutil
import subprocess
import warnings
from pathlib import Path

import pytest

from refarch.streaming import debian, vod_program
from refarch.streaming.asset import PACKAGES

NAMES = sorted({name for packages in PACKAGES.values() for name in packages} | set(vod_program.PACKAGES))


def test_every_package_of_every_role_has_a_version() -> None:
    assert set(NAMES) == set(debian.pins().versions)
    script = debian.install(NAMES)
    for name in NAMES:
        assert re.search(rf" {re.escape(name)}=\S", script)
    with pytest.raises(debian.UnknownPackageError, match="no-such-package"):
        debian.install(["nginx", "no-such-package"])


def test_nothing_comes_from_the_archive_of_the_day() -> None:
    script = debian.install(NAMES)
    lines = [line for line in debian.sources("20261120T060000Z").splitlines() if line]
    assert len(lines) == 3
    for line in lines:
        assert "http://snapshot.debian.org/archive/debian" in line
        assert "/20261120T060000Z " in line
        assert "signed-by=/usr/share/keyrings/debian-archive-keyring.gpg" in line  # checked, whoever serves it
    assert "Dir::Etc::SourceParts=/dev/null" in script
    assert "--allow-unauthenticated" not in script
    assert "trusted=yes" not in script


def test_an_image_of_ones_own_has_its_own_archive() -> None:
    script = debian.install(["nginx"], pinned=False)
    assert "snapshot" not in script
    assert "nginx=" not in script


@pytest.mark.skipif(shutil.which("apt-get") is None, reason="needs apt")
def test_apt_asks_the_snapshot_and_no_other(tmp_path: Path) -> None:
    """Nothing is fetched: apt only says what it would ask for, with the very options of the user data."""
    script = debian.install(["nginx"]).replace(debian.FOLDER, f"{tmp_path}/etc")
    head = script[: script.index("for attempt")].replace("systemctl", "true")
    command = f'{head}\n"${{apt[@]}}" -o Dir::State={tmp_path}/state -o Dir::Cache={tmp_path}/cache --print-uris update'
    (tmp_path / "state/lists/partial").mkdir(parents=True)
    done = subprocess.run(["bash", "-euc", command], capture_output=True, text=True, check=True)
    asked = [line.split("'")[1] for line in done.stdout.splitlines() if line.startswith("'")]
    moment = debian.pins().snapshot
    roots = {url.partition("/dists/")[0] for url in asked}
    assert roots == {f"http://snapshot.debian.org/archive/{name}/{moment}" for name in ("debian", "debian-security")}
    assert {url.partition("/dists/")[2].split("/")[0] for url in asked} == {
        *("bookworm", "bookworm-updates", "bookworm-security")
    }


@pytest.mark.skipif(shutil.which("dpkg-query") is None, reason="needs dpkg")
def test_the_tests_run_what_instances_install(programs: None) -> None:
    """A machine whose archive has moved on says so in the report; only a newer pin, or an older machine, ends that."""
    command = ["dpkg-query", "--show", "--showformat=${binary:Package} ${Version}\n", *NAMES]
    lines = subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines()
    installed = {
        name.partition(":")[0]: version for name, _, version in (line.partition(" ") for line in lines) if version
    }
    assert "nginx" in installed
    for line in debian.differences(installed):
        warnings.warn(f"tested here with another version than instances get: {line}", stacklevel=1)


def test_another_version_is_told() -> None:
    assert debian.differences({"nginx": "9.9", "bash": "1", "ffmpeg": debian.pins().versions["ffmpeg"]}) == [
        f"nginx: pinned {debian.pins().versions['nginx']}, installed 9.9"
    ]
