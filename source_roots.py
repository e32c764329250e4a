"""Find the interpreter and the sources of this checkout, before anything else is imported (standard library only).

`cdk.json` says `python3 app.py`, because that is right in an active virtual environment, on every system. In a shell
without one, `python3` is the system's Python, which has no aws_cdk: then app.py starts anew with this checkout's
`.venv`, made by bootstrap.py or by hand (`python3 -m venv .venv && .venv/bin/pip install -r requirements.txt`).

`constructs/` and `lambdas/` hold the packages; they are put on the path for those who installed the requirements only.

app.py begins with:

    import source_roots
    source_roots.use_checkout()

Windows (`.venv/Scripts`) is provided for, but untested.
"""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
STARTED_ANEW = "REFARCH_STARTED_ANEW"
OLDEST = (3, 11)
ADVICE = """aws_cdk is not installed for {python}.
Set the checkout up with one of:
  python3 bootstrap.py                                                  everything, the CDK command line included
  python3 -m venv .venv && .venv/bin/pip install -r requirements.txt    for your own CDK command line"""


def use_checkout(root: Path = ROOT) -> None:
    """Make the right interpreter run this program, and let it import the two packages from this checkout.

    Stops the program with advice when no interpreter here has aws_cdk.
    """
    python = venv_python(root)
    if STARTED_ANEW not in os.environ and should_start_anew(in_venv(), is_usable(), python.exists()):
        start_anew(python)
    if not is_usable():
        raise SystemExit(ADVICE.format(python=sys.executable))
    add_source_roots(root)


def should_start_anew(active: bool, usable: bool, has_venv: bool) -> bool:
    """A usable active environment is the user's choice and kept; otherwise the .venv here goes before the system."""
    return has_venv and not (active and usable)


def in_venv() -> bool:
    return sys.prefix != sys.base_prefix


def is_usable() -> bool:
    """Whether this interpreter can run the app; only looks for aws_cdk, for importing it costs a second."""
    return sys.version_info[:2] >= OLDEST and importlib.util.find_spec("aws_cdk") is not None


def venv_python(root: Path) -> Path:
    return root / ".venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def start_anew(python: Path) -> None:
    """Replace this process by the same command line under `python`; a mark in the environment forbids a second time."""
    command = [str(python), *sys.orig_argv[1:]] if hasattr(sys, "orig_argv") else [str(python), *sys.argv]
    environment = {**os.environ, STARTED_ANEW: "1"}
    if os.name == "nt":  # there, exec leaves the caller behind without an exit code
        raise SystemExit(subprocess.call(command, env=environment))
    os.execve(command[0], command, environment)  # noqa: S606 - no shell: the same words, another interpreter


def add_source_roots(root: Path = ROOT) -> None:
    """Put the two source roots first on the path, so that the checkout goes before an installed refarch."""
    for folder in ("lambdas", "constructs"):
        if str(root / folder) not in sys.path:
            sys.path.insert(0, str(root / folder))
