"""Which Python runs a function: the installed one of its declared version, or the nearest with a word about it.

Interpreters are looked for by name where people keep them; a candidate is run once, when it is first needed.
"""

from __future__ import annotations

import functools
import os
import pwd
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

CONFIGURED = "REFARCH_PYTHONS"  # interpreters (or folders of them) of the user's own, as in PATH
FOUND = "REFARCH_FOUND_PYTHONS"  # what was found in the user's environment, for the server, which does not inherit it
OLDEST = 10  # boto3 needs 3.10
PROBE = "import sys; print(*sys.version_info[:2])"
SECONDS_FOR_PROBE = 10


def candidates(environment: Mapping[str, str], home: Path) -> list[Path]:
    """Every file that looks like a Python 3: configured ones first, then pyenv's, uv's, and those on the PATH."""
    pyenv = Path(environment.get("PYENV_ROOT") or home / ".pyenv")
    uv = Path(environment.get("UV_PYTHON_INSTALL_DIR") or home / ".local/share/uv/python")
    configured = [Path(entry) for entry in _entries(environment.get(CONFIGURED))]
    folders = [*configured, *sorted(pyenv.glob("versions/*/bin")), *sorted(uv.glob("*/bin"))]
    folders += [Path(entry) for entry in _entries(environment.get("PATH")) if not entry.endswith("/shims")]
    named = [path for path in configured if path.is_file()]
    found = (path for folder in folders if folder.is_dir() for path in sorted(folder.glob("python3.*")))
    return list(dict.fromkeys([*named, *(path for path in found if re.fullmatch(r"python3\.\d+", path.name))]))


def users_candidates() -> str:
    """`candidates` of this process's user, as one value of the environment."""
    home = Path(pwd.getpwuid(os.getuid()).pw_dir)
    return os.pathsep.join(map(str, candidates(os.environ, home)))


def own_interpreter() -> Path:
    """The interpreter below this virtual environment: the same Python without what is installed for refarch."""
    base = Path(sys.base_prefix) / "bin" / f"python3.{sys.version_info.minor}"
    return base if base.exists() else Path(sys.executable)


def inventory(found: Iterable[Path]) -> dict[int, Path]:
    """{minor version: interpreter}: our own for its version, the first that runs for every other one."""
    known = {sys.version_info.minor: own_interpreter()}
    for path in found:
        named = re.fullmatch(r"python3\.(\d+)", path.name)
        if named and (int(named[1]) in known or int(named[1]) < OLDEST):
            continue
        minor = minor_version(path)
        if minor is not None and minor >= OLDEST:
            known.setdefault(minor, path)
    return known


@functools.cache
def minor_version(path: Path) -> int | None:
    """The N of the Python 3.N that this file is, or None when it does not run."""
    try:
        done = subprocess.run(
            [path, "-I", "-S", "-c", PROBE], capture_output=True, text=True, timeout=SECONDS_FOR_PROBE, check=True
        )
        major, minor = done.stdout.split()
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
    return int(minor) if major == "3" else None


def choose(runtime: str, known: Mapping[int, Path]) -> tuple[Path, str | None]:
    """The interpreter for a runtime such as `python3.13`, and a warning when it is of another version."""
    declared = re.fullmatch(r"python3\.(\d+)", runtime)
    wanted = int(declared[1]) if declared else sys.version_info.minor
    minor = min(known, key=lambda version: (abs(version - wanted), -version))
    if minor == wanted:
        return known[minor], None
    return known[minor], (
        f"{runtime} is not installed on this machine: Python 3.{minor} runs the function instead"
        f" (a list of interpreters in {CONFIGURED} adds others)"
    )


def _entries(value: str | None) -> list[str]:
    return [entry for entry in (value or "").split(os.pathsep) if entry]
