"""WordPress and WP-CLI for rehearsals: taken from a package of the npm registry, where both lie unchanged.

An instance fetches them from wordpress.org and WP-CLI's releases. A machine that reaches the package registries only
has them in WordPress Studio's command line; WP-CLI there is the released file to the byte (the same SHA-256).
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import tarfile
import tempfile
from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path

PACKAGE = "wp-studio@1.22.0"
INTEGRITY = "sha512-boMtahkhgWDKKyNTBA1uTK5ghnAmxXhDY6KeQCO9FmcI3/o+YOSq8JwYW5ZYnxHCxH14Jf/mD6CJTBvTWl2Ytw=="
INSIDE = "package/dist/cli/wp-files/"
NPM = Path(__file__).resolve().parent.parent / ".venv" / "bin" / "npm"
FOLDER = Path(tempfile.gettempdir()) / f"refarch-wordpress-{os.geteuid()}"


@dataclass(frozen=True)
class Files:
    """Two files and their SHA-256."""

    wordpress: Path
    wp_cli: Path

    @property
    def wordpress_sha256(self) -> str:
        return hashlib.sha256(self.wordpress.read_bytes()).hexdigest()

    @property
    def wp_cli_sha256(self) -> str:
        return hashlib.sha256(self.wp_cli.read_bytes()).hexdigest()


def wordpress_files() -> Files:
    """The two files, fetched once a machine. Raises `RuntimeError` when the package is not the pinned one."""
    FOLDER.mkdir(mode=0o755, exist_ok=True)
    files = Files(FOLDER / "wordpress.tar.gz", FOLDER / "wp-cli.phar")
    with (FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not files.wordpress.exists():
            _fetch(files)
    return files


def _fetch(files: Files) -> None:
    with tempfile.TemporaryDirectory(dir=FOLDER) as folder:
        command = [str(NPM), "pack", PACKAGE, "--silent", "--pack-destination", folder]
        subprocess.run(command, check=True, capture_output=True, timeout=600)
        archive = next(Path(folder).glob("*.tgz"))
        got = "sha512-" + b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
        if got != INTEGRITY:
            raise RuntimeError(f"{PACKAGE} has the integrity {got}, expected {INTEGRITY}")
        _repack(archive, files, Path(folder))


def _repack(archive: Path, files: Files, folder: Path) -> None:
    draft = folder / "draft.tar.gz"
    with tarfile.open(archive) as package, tarfile.open(draft, "w:gz", compresslevel=1) as site:
        for member in package:
            name = member.name.removeprefix(INSIDE)
            if name == "wp-cli/wp-cli.phar":
                files.wp_cli.write_bytes(package.extractfile(member).read())  # type: ignore[union-attr]
            elif name.startswith("latest/wordpress/") and member.isfile():
                member.name = name.removeprefix("latest/")
                site.addfile(member, package.extractfile(member))
    draft.replace(files.wordpress)
