"""The player's libraries, taken out of their npm packages: ``python -m refarch.streaming.player.vendored``.

The page loads nothing from elsewhere, so the built files lie beside it. This program puts them there anew, after
``libraries/package.json`` names another version and ``npm install --package-lock-only`` has written the lock: it asks
npm for the packages, holds each against the lock's integrity, and copies what `FILES` names. It needs npm on PATH.
"""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

HERE = Path(__file__).resolve().parent
PAGE = HERE / "page"
VENDOR = PAGE / "vendor"
LOCK = HERE / "libraries" / "package-lock.json"
LICENCES = "LICENSES.txt"
FILES: Mapping[str, Mapping[str, str]] = {
    "aframe": {"dist/aframe-v{version}.min.js": "aframe.min.js"},
    "hls.js": {"dist/hls.min.mjs": "hls.min.js", "dist/hls.worker.js": "hls.worker.js"},
}
"""Package → file in it → name in the page. The versions are in the lock and in LICENSES.txt."""
BUNDLED = ("three", "buffer", "debug", "deep-assign", "load-bmfont", "stats-gl", "super-animejs", "three-bmfont-text")
"""What A-Frame's built file has inside: their licences go along."""


class NotAsLockedError(RuntimeError):
    """A package, or a file of the page, whose bytes are not those that were pinned."""


def locked() -> dict[str, dict[str, str]]:
    """Package → its name on npm, version and integrity, for all that the page carries."""
    entries = json.loads(LOCK.read_text())["packages"]
    found = {}
    for name in (*FILES, *BUNDLED):
        entry = entries[f"node_modules/{name}"]
        found[name] = {"name": entry.get("name", name), "version": entry["version"], "integrity": entry["integrity"]}
    return found


def integrity(data: bytes, algorithm: str = "sha384") -> str:
    """As browsers and npm write it: sha384-… in base 64."""
    return f"{algorithm}-{base64.b64encode(hashlib.new(algorithm, data).digest()).decode()}"


def fetch(package: Mapping[str, str], folder: Path) -> Path:
    """The package's archive. Raises `NotAsLockedError` unless its bytes are those of the lock."""
    wanted = f"{package['name']}@{package['version']}"
    command = ["npm", "pack", wanted, "--json", "--pack-destination", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    (packed,) = json.loads(done.stdout)
    archive: Path = folder / packed["filename"]
    if integrity(archive.read_bytes(), "sha512") != package["integrity"]:
        raise NotAsLockedError(f"{wanted} is not what the lock says")
    return archive


def unpack(name: str, package: Mapping[str, str], archive: Path) -> Iterator[str]:
    """Copies the package's files into the page; gives its licence."""
    with tarfile.open(archive) as found:
        for inside, target in FILES.get(name, {}).items():
            (VENDOR / target).write_bytes(_read(found, inside.format(version=package["version"])))
        licences = [each for each in found.getnames() if each.count("/") == 1 and "license" in each.lower()]
        for each in licences:
            text = _read(found, each.partition("/")[2]).decode()
            yield f"=== {package['name']} {package['version']} ===\n\n{text.strip()}\n"


def write_integrities() -> None:
    """Beside the files, for `broken`: what lies there must be what was taken out."""
    found = {path.name: integrity(path.read_bytes()) for path in sorted(VENDOR.glob("*.js"))}
    (VENDOR / "integrity.json").write_text(json.dumps(found, indent=2) + "\n")


def broken() -> list[str]:
    """The files whose bytes are not those that were taken out, and those that nobody took out."""
    pinned: dict[str, str] = json.loads((VENDOR / "integrity.json").read_text())
    there = {path.name: integrity(path.read_bytes()) for path in VENDOR.glob("*.js")}
    return sorted(name for name in {*pinned, *there} if pinned.get(name) != there.get(name))


def main() -> int:
    VENDOR.mkdir(exist_ok=True)
    texts: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        for name, package in locked().items():
            texts += unpack(name, package, fetch(package, Path(folder)))
    (VENDOR / LICENCES).write_text("\n\n".join(texts))
    write_integrities()
    return 0


def _read(archive: tarfile.TarFile, name: str) -> bytes:
    member = archive.extractfile(f"package/{name}")
    assert member is not None
    return member.read()


if __name__ == "__main__":
    sys.exit(main())
