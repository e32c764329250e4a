"""Debian's packages as they were at one moment, so that an instance of tomorrow is an instance of today.

Debian keeps each day of its archive at snapshot.debian.org, signed by the same keys. Instances install from one day:
the versions that the tests run, and of what those packages need, what that day had. Security fixes come with a newer
moment in `debian_packages.json`, and a deployment. Standard library only; no AWS in here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FILE = Path(__file__).with_name("debian_packages.json")
_MOMENT = re.compile(r"20[0-9]{6}T[0-9]{6}Z")
_ARCHIVE = "http://snapshot.debian.org/archive"
_SUITES = (("debian", "bookworm"), ("debian", "bookworm-updates"), ("debian-security", "bookworm-security"))
_KEYS = "/usr/share/keyrings/debian-archive-keyring.gpg"
FOLDER = "/etc/refarch-streaming"
_TRIES = """for attempt in 1 2 3 4 5; do
  if {update} && {install}; then break; fi
  test "$attempt" -lt 5
  sleep 15
done"""


class UnknownPackageError(LookupError):
    """A package that has no version in `debian_packages.json`. The message names all."""


@dataclass(frozen=True)
class Pins:
    snapshot: str
    """The moment, as snapshot.debian.org writes it: 20261120T060000Z."""
    versions: Mapping[str, str]


@cache
def pins() -> Pins:
    """Those of the data file. Raises `ValueError` where it holds none."""
    found = Pins(**json.loads(_FILE.read_text()))
    if not _MOMENT.fullmatch(found.snapshot):
        raise ValueError(f"snapshot is {found.snapshot!r}, allowed: a moment such as 20261120T060000Z")
    return found


def sources(moment: str) -> str:
    """apt's list of that moment. Signatures are checked; only their end, a week after that day, is not."""
    options = f"[check-valid-until=no signed-by={_KEYS}]"
    return "".join(f"deb {options} {_ARCHIVE}/{archive}/{moment} {suite} main\n" for archive, suite in _SUITES)


def preferences() -> str:
    """The moment's versions win over newer ones that the image may have brought, where packages must fit together."""
    return "Package: *\nPin: origin snapshot.debian.org\nPin-Priority: 1001\n"


def install(packages: Sequence[str], *, pinned: bool = True) -> str:
    """Commands for bash that install `packages`, tried five times.

    apt is told its sources by options: the image's own stay as they are. `pinned=False` is for an image of your own,
    whose archive may be another one. Raises `UnknownPackageError`.
    """
    if not pinned:
        names = " ".join(packages)
        return _TRIES.format(update="apt-get update -q", install=f"apt-get install -yq --no-install-recommends {names}")
    known = pins()
    if missing := sorted(set(packages) - known.versions.keys()):
        raise UnknownPackageError(f"no version in {_FILE.name} for: {', '.join(missing)}")
    exact = " ".join(f"{name}={known.versions[name]}" for name in packages)
    apt = (
        f"apt-get -o Dir::Etc::SourceList={FOLDER}/debian.list -o Dir::Etc::SourceParts=/dev/null "
        f"-o Dir::Etc::Preferences={FOLDER}/debian.preferences -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300"
    )
    tries = _TRIES.format(
        update='"${apt[@]}" update -q',
        install=f'"${{apt[@]}}" install -yq --no-install-recommends --allow-downgrades {exact}',
    )
    return "\n".join(
        [
            "# Packages are those of one day. Debian's own timers would bring others, and hold apt's lock.",
            "systemctl disable --now apt-daily.timer apt-daily-upgrade.timer || true",
            f"install -d -m 0755 {FOLDER}",
            f"cat > {FOLDER}/debian.list <<'SOURCES'\n{sources(known.snapshot)}SOURCES",
            f"cat > {FOLDER}/debian.preferences <<'PREFERENCES'\n{preferences()}PREFERENCES",
            f"apt=({apt})",
            tries,
        ]
    )


def differences(installed: Mapping[str, str]) -> list[str]:
    """Where `installed` versions are not the pinned ones, a line each; packages that are not there count not."""
    known = pins().versions
    return [
        f"{name}: pinned {known[name]}, installed {version}"
        for name, version in sorted(installed.items())
        if name in known and version != known[name]
    ]
