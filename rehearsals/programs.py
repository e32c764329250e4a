"""The system programs that rehearsals and tests run for real: browsers, web servers, tools of a trade.

`need("genomics")` makes sure of a group. As root on Debian or Ubuntu what is missing is installed; elsewhere the error
gives the command to type. `python -m rehearsals.programs` brings all groups at once, as `make check` does.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

# Group: {Debian package: what it leaves behind}. A path, because many packages hold programs of other names.
GROUPS: Mapping[str, Mapping[str, str]] = {
    "browser": {
        "chromium": "/usr/bin/chromium",
        "chromium-driver": "/usr/bin/chromedriver",
        "fonts-dejavu-core": "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
    },
    "genomics": {
        "bcftools": "/usr/bin/bcftools",
        "bwa": "/usr/bin/bwa",
        "freebayes": "/usr/bin/freebayes",
        "samtools": "/usr/bin/samtools",
        "snpeff": "/usr/bin/snpEff",
    },
    "load": {
        "wrk": "/usr/bin/wrk",  # asks an edge faster than it can answer, for `make bench`
    },
    "journal": {"systemd-journal-remote": "/lib/systemd/systemd-journal-remote"},
    "streaming": {
        "ffmpeg": "/usr/bin/ffmpeg",
        "fonts-dejavu-core": "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
        "libnginx-mod-rtmp": "/usr/lib/nginx/modules/ngx_rtmp_module.so",
        "libnginx-mod-stream": "/usr/lib/nginx/modules/ngx_stream_module.so",
        "libsrt1.5-gnutls": "/usr/share/doc/libsrt1.5-gnutls/copyright",
        "nginx": "/usr/sbin/nginx",
    },
    "web": {
        "apache2-bin": "/usr/sbin/apache2",
        "cloud-init": "/usr/bin/cloud-init",
        "mariadb-server": "/usr/sbin/mariadbd",
        "media-types": "/etc/mime.types",
        "php8.2-cli": "/usr/bin/php8.2",
        "php8.2-curl": "/usr/share/php8.2-curl/curl/curl.ini",
        "php8.2-fpm": "/usr/sbin/php-fpm8.2",
        "php8.2-gd": "/usr/share/php8.2-gd/gd/gd.ini",
        "php8.2-intl": "/usr/share/php8.2-intl/intl/intl.ini",
        "php8.2-mbstring": "/usr/share/php8.2-mbstring/mbstring/mbstring.ini",
        "php8.2-mysql": "/usr/share/php8.2-mysql/mysql/mysqli.ini",
        "php8.2-xml": "/usr/share/php8.2-xml/xml/xml.ini",
        "php8.2-zip": "/usr/share/php8.2-zip/zip/zip.ini",
        "shellcheck": "/usr/bin/shellcheck",
    },
}
LOCK = Path(tempfile.gettempdir()) / "refarch-programs.lock"
LOCK_WAIT = ("-o", "DPkg::Lock::Timeout=300")  # somebody else may be installing
POLICY = Path("/usr/sbin/policy-rc.d")
FORBID_STARTS = "#!/bin/sh\n# Written while refarch installs packages: none of them may start a service.\nexit 101\n"


class ProgramsMissing(RuntimeError):
    """Programs that are not there and that only the user can install; the text has the command."""


def missing(*groups: str) -> list[str]:
    """The packages of these groups (default: all) whose files are not on this machine."""
    wanted = [package for group in groups or GROUPS for package in GROUPS[group].items()]
    return sorted({name for name, file in wanted if not Path(file).exists()})


def need(*groups: str) -> None:
    """Make sure of the programs of these groups (default: all). Raises `ProgramsMissing`."""
    if not missing(*groups):
        return
    with _alone():
        if packages := missing(*groups):
            _install(packages)
    if packages := missing(*groups):
        raise ProgramsMissing(f"installed, but not where they were expected: {', '.join(packages)}")


def _install(packages: list[str]) -> None:
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise ProgramsMissing(f"programs are missing. On Debian or Ubuntu: sudo apt-get install {' '.join(packages)}")
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    with _no_service_starts():
        for command in (["update"], ["install", "-y", "--no-install-recommends", *LOCK_WAIT, *packages]):
            done = subprocess.run(["apt-get", *command], env=environment, capture_output=True, text=True, check=False)
            if done.returncode != 0:
                raise ProgramsMissing(f"apt-get {' '.join(command)} failed: {done.stderr[-2000:]}")


@contextmanager
def _alone() -> Iterator[None]:
    """Two test runs that need programs wait for each other, as apt's own lock would make one of them fail."""
    with LOCK.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def _no_service_starts() -> Iterator[None]:
    """Debian starts a server when it is installed, on its well-known port: not on the user's machine, not by us."""
    if POLICY.exists():
        yield
        return
    POLICY.write_text(FORBID_STARTS)
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        POLICY.unlink(missing_ok=True)


def main() -> int:
    try:
        need(*sys.argv[1:])
    except ProgramsMissing as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
