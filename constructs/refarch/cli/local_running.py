"""The running local cloud as commands reach it: boto3, and its own interface below `/_refarch/`."""

from __future__ import annotations

import contextlib
import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click

from refarch.local import LocalCloud, LocalCloudError, lifecycle
from refarch.local.folder import DataFolder, project_root

SECONDS = 90.0  # for one answer


class NotReached(LocalCloudError):
    """Nobody answers: the cloud ended while it was asked."""


def directory_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--directory`, as of every command of the group."""
    text = "The project. Default: nearest folder upward with cdk.json, pyproject.toml or .git."
    kind = click.Path(exists=True, file_okay=False, path_type=Path)
    return click.option("--directory", type=kind, help=text)(command)


@contextlib.contextmanager
def plain_errors() -> Iterator[None]:
    """Errors of the library as one line; Ctrl-C is a normal way to end what follows."""
    try:
        yield
    except LocalCloudError as error:
        raise click.ClickException(str(error)) from error
    except KeyboardInterrupt:
        raise click.exceptions.Exit(130) from None


def running_cloud(directory: Path | None) -> LocalCloud:
    """The project's cloud, which must run; it is left running."""
    root = directory.resolve() if directory else project_root()
    folder = DataFolder.of_project(root)
    found = lifecycle.status(folder)
    if found.condition != "running" or found.state is None:
        raise LocalCloudError("no local cloud is running; `refarch local start` starts one")
    return LocalCloud(folder, found.state, root, started=False)


def ask(cloud: LocalCloud, method: str, name: str, document: Any = None) -> Any:
    """What `/_refarch/<name>` answers to a document. Raises LocalCloudError with its message when it refuses."""
    body = None if document is None else json.dumps(document).encode()
    request = urllib.request.Request(f"{cloud.endpoint_url}/_refarch/{name}", body, method=method)  # noqa: S310
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=SECONDS) as answer:
            return json.loads(answer.read())
    except urllib.error.HTTPError as error:
        raise LocalCloudError(_message(error)) from error
    except OSError as error:
        raise NotReached("the local cloud does not answer any more") from error


def _message(error: urllib.error.HTTPError) -> str:
    try:
        return str(json.loads(error.read())["error"])
    except (ValueError, KeyError, TypeError):
        return f"the local cloud answered {error.code}"
