"""`python3 -m refarch.streaming.data_plane <role> <settings.json>`: run a role until SIGTERM."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from refarch.streaming.data_plane.nginx_files import WeakKeyError
from refarch.streaming.data_plane.problems import InvalidSettingsError
from refarch.streaming.data_plane.roles import ROLES, prepare, renew
from refarch.streaming.data_plane.supervisor import supervise


def main(arguments: list[str]) -> int:
    if len(arguments) != 2 or arguments[0] not in ROLES:
        print(f"usage: python3 -m refarch.streaming.data_plane {{{','.join(ROLES)}}} SETTINGS.json", file=sys.stderr)
        return 2
    role, file = arguments[0], Path(arguments[1]).resolve()
    try:
        programs = prepare(role, file)
    except (InvalidSettingsError, WeakKeyError, OSError, subprocess.CalledProcessError) as error:
        print(error, file=sys.stderr)
        return 1
    return supervise(programs, lambda: renew(role, file))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
