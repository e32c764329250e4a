"""Where templates come from: a file, a folder (cdk.out or any other), a revision in git."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from refarch.gate.templates.parse import MAX_BYTES, parse
from refarch.gate.templates.template import Template, TemplateError

_ENDINGS = (".template.json", ".template.yaml", ".template.yml", ".template")
_PLAIN_ENDINGS = (".json", ".yaml", ".yml")
_MAX_TEMPLATES = 2_000
_GIT_SECONDS = 60


def load(path: Path) -> dict[str, Template]:
    """Templates of a file or folder, by name.

    One file: its name. A folder: the path below it of every `*.template.json|yaml|yml` (nested stacks and the stages
    of a pipeline included), or where there is none, of every JSON or YAML file that has Resources. Raises
    `TemplateError` for what does not exist or cannot be read.
    """
    return {name: parse(text, name) for name, text in texts(path).items()}


def texts(path: Path) -> dict[str, bytes]:
    """The same, unread: for who only has to know whether something changed. Raises as `load`."""
    if path.is_file():
        return {path.name: _bytes(path)}
    if not path.is_dir():
        raise TemplateError(f"{path}: no such file or folder")
    files = sorted(each for each in path.rglob("*") if each.is_file() and "node_modules" not in each.parts)
    names = {each.relative_to(path).as_posix(): each for each in files}
    found = {name: _bytes(names[name]) for name in _templates(names)}
    if not found:
        plain = {name: _bytes(names[name]) for name in _plain(names)}
        found = {name: text for name, text in plain.items() if _maybe(text, name)}
    if not found:
        raise TemplateError(f"{path}: no template in this folder (*.template.json, *.template.yaml)")
    return found


def load_revision(revision: str, path: Path) -> dict[str, Template]:
    """Templates of `path` as they were in a revision of the git repository that holds it, named as by `load`.

    A path that the revision does not have gives none: everything in it is new. Raises `TemplateError` when git
    refuses (no repository, unknown revision).
    """
    return {name: parse(text, name) for name, text in texts_of_revision(revision, path).items()}


def texts_of_revision(revision: str, path: Path) -> dict[str, bytes]:
    """The same, unread. Raises as `load_revision`."""
    folder = path if path.is_dir() else path.parent
    where = PurePosixPath(_git(folder, "rev-parse", "--show-prefix").decode().strip())
    _git(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    if not path.is_dir():
        entries = [where / path.name]
        base = where
    else:
        entries, base = [where], where
    listing = _git(folder, "ls-tree", "-r", "-z", "--full-tree", "--name-only", revision, "--", *_arguments(entries))
    names = [PurePosixPath(name).relative_to(base).as_posix() for name in listing.decode().split("\0") if name]
    wanted = names if not path.is_dir() else list(_templates(names)) or list(_plain(names))
    found = {name: _git(folder, "cat-file", "blob", f"{revision}:{base / name}") for name in wanted}
    if path.is_dir() and not list(_templates(names)):
        return {name: text for name, text in found.items() if _maybe(text, name)}
    return found


def _arguments(entries: Iterable[PurePosixPath]) -> list[str]:
    return [str(each) for each in entries if str(each) != "."]


def _templates(names: Iterable[str]) -> Iterable[str]:
    found = [name for name in names if name.endswith(_ENDINGS)]
    if len(found) > _MAX_TEMPLATES:
        raise TemplateError(f"{len(found):,} templates; up to {_MAX_TEMPLATES:,} are compared")
    return found


def _plain(names: Iterable[str]) -> Iterable[str]:
    return [name for name in names if name.endswith(_PLAIN_ENDINGS)][:_MAX_TEMPLATES]


def _maybe(text: bytes, name: str) -> Template | None:
    """A file that may be a template: a folder of templates holds other JSON too."""
    if b"Resources" not in text:
        return None
    try:
        return parse(text, name)
    except TemplateError as error:
        if "is not a template" in str(error):
            return None
        raise


def _bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)


def _git(folder: Path, *arguments: str) -> bytes:
    import subprocess  # costs 5 ms, and most runs ask no git

    try:
        result = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, timeout=_GIT_SECONDS)
    except FileNotFoundError:
        raise TemplateError("git is not installed; --git needs it") from None
    except subprocess.TimeoutExpired:
        raise TemplateError(f"git {arguments[0]} took longer than {_GIT_SECONDS} s") from None
    if result.returncode:
        said = result.stderr.decode(errors="replace").strip() or "no such revision"
        raise TemplateError(f"git {' '.join(arguments)}: {said}")
    return result.stdout
