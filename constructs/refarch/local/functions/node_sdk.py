"""The AWS SDK for JavaScript, which Lambda's Node runtimes bring: linked where functions look for modules.

It is taken from a `node_modules` of the project (or of this checkout), or installed once into the local cloud's
folder when the first Node function starts: 36 packages, 40 MB, about 9 s and network.
"""

from __future__ import annotations

import json
import logging
import os
import pwd
import re
import subprocess
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

from refarch.local import toolchain

logger = logging.getLogger("refarch.local")
# What CDK's own Node handlers use; package.json says the same.
CLIENTS = {
    "@aws-sdk/client-cloudwatch-logs": "3.1169.0",
    "@aws-sdk/client-dynamodb": "3.1162.0",
    "@aws-sdk/client-ec2": "3.1169.0",
    "@aws-sdk/client-lambda": "3.1162.0",
    "@aws-sdk/client-s3": "3.1169.0",
    "@aws-sdk/client-sfn": "3.1162.0",
    "@aws-sdk/client-ssm": "3.1169.0",
}
SECONDS_FOR_INSTALL = 120
NPM = "REFARCH_NPM_SETTINGS"
NPM_VARIABLES = re.compile(r"npm_config_.*|(http|https|no|all)_proxy|node_extra_ca_certs|ssl_cert_(file|dir)")
_lock = threading.Lock()
_settings: dict[str, str] = {}


def configure() -> None:
    """Take npm's settings out of the environment, which functions inherit; they are used for `install` only."""
    _settings.update(json.loads(os.environ.pop(NPM, "{}")))


def link(temporary: Path, project: Path, data: Path) -> str | None:
    """Let every function below `temporary` find `@aws-sdk`; a warning when there is none, else None.

    Node looks for modules in each folder upward from the file that imports, so one link above the functions'
    folders serves `require` and `import` alike, and shows them nothing else of the project.
    """
    place = temporary / "node_modules" / "@aws-sdk"
    with _lock:
        if place.is_symlink():
            return None
        found = next(_installed(project, data), None)
        problem = None if found else install(data)
        found = found or next(_installed(project, data), None)
        if found is None:
            return f"there is no AWS SDK for JavaScript here: {problem}"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(found)
    return None


def _installed(project: Path, data: Path) -> Iterator[Path]:
    checkout = Path(__file__).resolve().parents[4]
    for folder in (project, *project.parents, checkout, data.parent / "node_sdk"):
        packages = folder / "node_modules" / "@aws-sdk"
        if all((packages.parent / name).is_dir() for name in CLIENTS):
            yield packages


def install(data: Path) -> str | None:
    """Install the SDK beside the local cloud's data (it survives a restart); what npm said when it failed."""
    folder = data.parent / "node_sdk"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "package.json").write_text('{"private": true}\n')
    packages = [f"{name}@{version}" for name, version in CLIENTS.items()]
    logger.info("the AWS SDK for JavaScript is installed for Node functions, once: %s", folder)
    try:
        done = subprocess.run(
            [*_npm(), "install", "--no-audit", "--no-fund", "--ignore-scripts", "--no-save", *packages],
            cwd=folder,
            env=_npm_environment(),
            capture_output=True,
            text=True,
            timeout=SECONDS_FOR_INSTALL,
            check=False,
        )
    except (OSError, subprocess.SubprocessError) as error:
        return f"npm could not run ({error})"
    return None if done.returncode == 0 else f"npm ended with {done.returncode}: {done.stderr[-500:]}"


def _npm() -> list[str]:
    """npm of the Node from pip (whose own `bin/npm` is a copy that cannot find its library), or the PATH's."""
    wheel = toolchain.wheel_node_folder()
    script = wheel.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js" if wheel else None
    return [str(wheel / "node"), str(script)] if wheel and script and script.exists() else ["npm"]


def npm_settings(environment: Mapping[str, str]) -> str:
    """The user's variables that npm needs to reach its registry, for the server, which inherits none of them."""
    return json.dumps({name: value for name, value in environment.items() if NPM_VARIABLES.fullmatch(name.lower())})


def _npm_environment() -> dict[str, str]:
    home = pwd.getpwuid(os.getuid()).pw_dir
    return {
        **_settings,
        "HOME": home,
        "PATH": toolchain.search_path(os.environ.get("PATH", os.defpath)),
        "LANG": "C.UTF-8",
    }
