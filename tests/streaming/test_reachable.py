"""Nothing dead goes to instances: every file of their programs is reached from a unit or from the user data.

The original shipped a second worker, `ffmpeg.sh`, that nothing started and that could not have run.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from aws_cdk import App, Stack

from refarch.streaming import instance_program, vod_program

STARTED = re.compile(r"-m (refarch[\w.]+)|\"-m\", \"(refarch[\w.]+)\"")
SCRIPTS = (instance_program.SCRIPT, vod_program.SCRIPT)


@pytest.fixture(scope="module")
def parcel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Everything that origins, edges, test sources and workers unpack, in one folder."""
    folder = tmp_path_factory.mktemp("parcel")
    app = App(outdir=str(folder / "out"))
    stack = Stack(app, "Test")
    made = [instance_program.program(stack, "Origin", uploader=True), vod_program.program(stack, "Worker")]
    app.synth()
    for asset in made:
        staged = Path(app.outdir) / f"asset.{asset.asset_hash}"
        for file in (each for each in staged.rglob("*") if each.is_file()):
            target = folder / "all" / file.relative_to(staged)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(file.read_bytes())
    return folder / "all"


def test_every_file_is_reached(parcel: Path) -> None:
    assert dead(parcel, SCRIPTS) == []


def test_a_file_that_nothing_starts_is_found(parcel: Path) -> None:
    """And what only it imports is dead with it."""
    folder = parcel / "refarch/streaming/vod"
    relics = {"ffmpeg_old.py": "from refarch.streaming.vod import ffmpeg_old_parts", "ffmpeg_old_parts.py": ""}
    relics |= {"old.nginx.conf": "", "old.service": "ExecStart=python3 -m refarch.streaming.vod.ffmpeg_old"}
    before = dead(parcel, SCRIPTS)
    for name, text in relics.items():
        (folder / name).write_text(text)
    left = [each for each in dead(parcel, SCRIPTS) if each not in before]
    for name in relics:
        (folder / name).unlink()
    assert left == sorted(f"refarch/streaming/vod/{name}" for name in relics)


def test_without_its_user_data_a_program_is_dead(parcel: Path) -> None:
    left = dead(parcel, (instance_program.SCRIPT,))
    assert "refarch/streaming/vod/worker.py" not in left  # uploader and worker are one program
    assert "refarch/streaming/vod/systemd/refarch-vod-worker.service" in left
    assert "refarch/streaming/instance/boot.py" in dead(parcel, (vod_program.SCRIPT,))


def dead(root: Path, scripts: Sequence[str]) -> list[str]:
    """Files that nothing runs, reads or installs."""
    units = installed(root, scripts)
    running = reached(root, [*scripts, *(unit.read_text() for unit in units)])
    texts = "".join(file.read_text() for file in running)
    files = sorted(each for each in root.rglob("*") if each.is_file())
    quoted = {file for file in files if file.suffix not in (".py", ".service") and f'"{file.name}"' in texts}
    return [each.relative_to(root).as_posix() for each in files if each not in running | units | quoted]


def installed(root: Path, scripts: Sequence[str]) -> set[Path]:
    """Units that user data copy, or that constructs name for the instance's start to install."""
    named = [value for name, value in vars(instance_program).items() if name.endswith("UNIT")]
    if not any("streaming.instance up" in script for script in scripts):
        named = []
    return {each for each in root.rglob("*.service") if path_of(root, each) in [*named, *copied(scripts)]}


def copied(scripts: Sequence[str]) -> list[str]:
    return [each for script in scripts for each in re.findall(r"cp /opt/refarch/(\S+\.service)", script)]


def path_of(root: Path, file: Path) -> str:
    return file.relative_to(root).as_posix()


def reached(root: Path, texts: Sequence[str]) -> set[Path]:
    """The Python files that run, directly or by others, where these texts are run. Programs start programs, too."""
    found: set[Path] = set()
    waiting = [entry(root, name) for text in texts for name in started(text)]
    while waiting:
        file = waiting.pop()
        if file is None or file in found:
            continue
        found.add(file)
        waiting += [module(root, name) for each in imported(file) for name in with_packages(each)]
        waiting += [module(root, name) for name in with_packages(path_of(root, file.parent).replace("/", "."))]
        if file.name != "__main__.py":  # their help names themselves
            waiting += [entry(root, name) for name in started(file.read_text())]
    return found


def started(text: str) -> Iterator[str]:
    """Modules that are run by their names."""
    return (name for match in STARTED.findall(text) for name in match if name)


def entry(root: Path, name: str) -> Path | None:
    """What `python -m name` runs."""
    return module(root, f"{name}.__main__") or module(root, name)


def module(root: Path, name: str) -> Path | None:
    stem = root / name.replace(".", "/")
    return next((each for each in (stem.with_suffix(".py"), stem / "__init__.py") if each.is_file()), None)


def imported(file: Path) -> Iterator[str]:
    """Names that a file imports, at its top and in its functions."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{each.name}" for each in node.names)


def with_packages(name: str) -> list[str]:
    """A module, and the packages that Python runs before it."""
    parts = name.split(".")
    return [".".join(parts[:end]) for end in range(1, len(parts) + 1)]
