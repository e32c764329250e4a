"""Which program on this machine stands in for a container image: the project's small registry file.

`refarch.images.toml` in the project's root is shared with the team, `.refarch/images.toml` is one's own and is
looked at first. The first entry whose pattern fits an image is taken.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

SHARED = "refarch.images.toml"
OWN = ".refarch/images.toml"
KEYS = ("match", "program", "entrypoint", "command", "working_directory", "environment", "mounts", "ports")


class RegistryError(Exception):
    """The registry file cannot be used; the message lists every problem of it."""


@dataclass(frozen=True, kw_only=True)
class Image:
    """One entry: `program` goes first on PATH, `entrypoint` before every command, `command` in when none is given.
    `mounts` tells container paths and what stands there; `working_directory` None is a private empty folder.
    `ports` tells container ports and the variables from which the program learns where to listen instead."""

    match: str
    program: Path | None = None
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    working_directory: Path | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    mounts: Mapping[str, Path] = field(default_factory=dict)
    ports: Mapping[int, str] = field(default_factory=dict)


class Registry:
    """The registry of a project. The files are read whenever they are asked, so an edit counts from the next job."""

    def __init__(self, project: Path) -> None:
        self.project = project

    def entries(self) -> list[Image]:
        """Every entry, one's own first. Raises `RegistryError`."""
        found, problems = [], []
        for path in (self.project / OWN, self.project / SHARED):
            try:
                found += read(path, self.project) if path.exists() else []
            except RegistryError as error:
                problems.append(str(error))
        if problems:
            raise RegistryError("; ".join(problems))
        return found

    def find(self, image: str) -> Image | None:
        """The entry for an image, or None. Raises `RegistryError`."""
        return next((entry for entry in self.entries() if fits(entry.match, image)), None)

    def advice(self, image: str) -> str:
        """What to do about an image that is not mapped."""
        return (
            f"no program on this machine stands in for the image {image}. Map it: add to {self.project / SHARED} "
            f'(or to {OWN}, which is not shared) the lines\n[[image]]\nmatch = "{plain(image)}"\n'
            'program = "<folder with its commands, relative to the project>"'
        )


def names(image: str) -> list[str]:
    """What a pattern may fit: the image as it is, without its tag, without its registry, without both."""
    whole = [image, _untagged(image)]
    first, slash, rest = image.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        whole += [rest, _untagged(rest)]
    return list(dict.fromkeys(whole))


def plain(image: str) -> str:
    """The image without registry and tag."""
    return names(image)[-1]


def fits(pattern: str, image: str) -> bool:
    """Whether a glob pattern fits the image, with or without registry and tag."""
    return any(fnmatchcase(name, pattern) for name in names(image))


def _untagged(image: str) -> str:
    image = image.partition("@")[0]
    head, colon, tag = image.rpartition(":")
    return head if colon and "/" not in tag else image


def read(path: Path, project: Path) -> list[Image]:
    """The entries of one file. Raises `RegistryError` with all that is wrong in it."""
    try:
        document = tomllib.loads(path.read_text())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RegistryError(f"{path} is no TOML: {error}") from None
    rows = document.get("image", [])
    problems = [f"unknown key {key!r}; allowed is only [[image]]" for key in document if key != "image"]
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        problems.append("`image` is no list of tables; write [[image]] with two brackets")
        rows = []
    for number, row in enumerate(rows, 1):
        problems += [f"image {number}: {problem}" for problem in problems_of(row, project)]
    if problems:
        raise RegistryError(f"{path}: " + "; ".join(problems))
    return [_entry(row, project) for row in rows]


def problems_of(row: Mapping[str, Any], project: Path) -> list[str]:
    """What is wrong with one table of the file."""
    found = [f"unknown key {key!r}; allowed are {', '.join(KEYS)}" for key in row if key not in KEYS]
    match = row.get("match")
    if not isinstance(match, str) or not match:
        found.append(f"match is {match!r}; it must be a glob pattern for the image, such as 'team/bwa:*'")
    for key in ("program", "working_directory"):
        found += _folder_problems(key, row[key], project) if key in row else []
    for key in ("entrypoint", "command"):
        if key in row and not _is_list_of_text(row[key]):
            found.append(f"{key} is {row[key]!r}; it must be a list of strings")
    for key in ("environment", "mounts", "ports"):
        if key in row and not _is_table_of_text(row[key]):
            found.append(f"{key} is {row[key]!r}; it must be a table of strings")
    found += _port_problems(row.get("ports", {})) + _mount_problems(row.get("mounts", {}), project)
    return found


def _port_problems(ports: Any) -> list[str]:
    listed = ports if _is_table_of_text(ports) else ()
    wrong = [port for port in listed if not port.isdigit() or not 1 <= int(port) <= 65_535]
    return [f"ports: {port!r} is no port; allowed are 1 to 65535" for port in wrong]


def _mount_problems(mounts: Any, project: Path) -> list[str]:
    found = []
    for target, source in mounts.items() if _is_table_of_text(mounts) else ():
        if not target.startswith("/") or target == "/":
            found.append(f"mounts: {target!r} is no path in a container; it must start with / and be more than /")
        if not (project / Path(source).expanduser()).exists():
            found.append(f"mounts: {target} stands for {project / source}, which does not exist")
    return found


def _folder_problems(key: str, value: Any, project: Path) -> list[str]:
    if not isinstance(value, str) or not value:
        return [f"{key} is {value!r}; it must be a folder, absolute or relative to the project"]
    folder = project / Path(value).expanduser()
    return [] if folder.is_dir() else [f"{key} is {value!r}, but there is no folder {folder}"]


def _is_list_of_text(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(entry, str) for entry in value)


def _is_table_of_text(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(entry, str) for entry in value.values())


def _entry(row: Mapping[str, Any], project: Path) -> Image:
    def folder(key: str) -> Path | None:
        return (project / Path(row[key]).expanduser()).resolve() if key in row else None

    mounts: Mapping[str, str] = row.get("mounts", {})
    command: Sequence[str] = row.get("command", ())
    return Image(
        match=row["match"],
        program=folder("program"),
        entrypoint=tuple(row.get("entrypoint", ())),
        command=tuple(command),
        working_directory=folder("working_directory"),
        environment=row.get("environment", {}),
        ports={int(port): variable for port, variable in row.get("ports", {}).items()},
        mounts={
            target.rstrip("/"): (project / Path(source).expanduser()).resolve() for target, source in mounts.items()
        },
    )
