"""`refarch local …`: the local cloud of the project one stands in."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click

from refarch.cli.lazy import LazyCommand, LazyGroup
from refarch.local import LocalCloud, LocalCloudError, lifecycle, toolchain
from refarch.local.environment import shell_lines
from refarch.local.folder import DataFolder, project_root
from refarch.local.persistence.snapshots import Kept, Snapshots
from refarch.local.resources.summary import only_recorded_since


def _folder(directory: Path | None) -> DataFolder:
    return DataFolder.of_project(directory.resolve() if directory else project_root())


@contextlib.contextmanager
def _plain_errors() -> Iterator[None]:
    try:
        yield
    except LocalCloudError as error:
        raise click.ClickException(str(error)) from error


def _directory_option(command: Callable[..., Any]) -> Callable[..., Any]:
    text = "The project. Default: nearest folder upward with cdk.json, pyproject.toml or .git."
    kind = click.Path(exists=True, file_okay=False, path_type=Path)
    return click.option("--directory", type=kind, help=text)(command)


def _start_options(command: Callable[..., Any]) -> Callable[..., Any]:
    options: list[Callable[[Callable[..., Any]], Callable[..., Any]]] = [
        click.option("--port", default=0, type=click.IntRange(0, 65535), help="On 127.0.0.1. Default: a free one."),
        click.option("--region", default="us-east-1", show_default=True, help="The region it stands for."),
        click.option("--enforce-permissions", is_flag=True, help="Refuse what IAM policies do not grant."),
        click.option(
            "--async-slots",
            default=4,
            show_default=True,
            type=click.IntRange(1, 64),
            help="Asynchronous Lambda invocations at the same time.",
        ),
        click.option(
            "--clock-factor",
            default=1.0,
            show_default=True,
            type=click.FloatRange(0.1, 100_000),
            help="Simulated seconds (lifecycles, notices) pass so many times faster.",
        ),
        click.option("--persist", is_flag=True, help="Keep everything over a stop, for the next start with --persist."),
        _directory_option,
    ]
    for option in reversed(options):
        command = option(command)
    return command


COMMANDS = {
    "console": LazyCommand("refarch.cli.local_observe:console", "Show the page of the local cloud in the browser."),
    "emit": LazyCommand("refarch.cli.local_compute:emit", "Send an event as AWS itself would."),
    "events": LazyCommand("refarch.cli.local_observe:events", "List the events that passed, and follow them."),
    "interrupt": LazyCommand("refarch.cli.local_compute:interrupt", "Interrupt a Spot Instance, with its notice."),
    "logs": LazyCommand("refarch.cli.local_logs:logs", "Print what a function, a job or a log group wrote."),
    "reset": LazyCommand("refarch.cli.local_observe:reset", "Empty it without a restart: every resource is gone."),
    "types": LazyCommand("refarch.cli.local_types:types", "Say how real each CloudFormation resource type is."),
}


@click.group(cls=LazyGroup, lazy=COMMANDS)
def local() -> None:
    """Run an AWS emulator on this machine and deploy into it."""


@local.command()
@_start_options
def start(directory: Path | None, **options: Any) -> None:
    """Start the local cloud in the background, bootstrapped for the CDK where there is a `cdk`."""
    with _plain_errors():
        cloud = LocalCloud.start(directory=directory, **options)
        bootstrapped = cloud.bootstrap(start=directory or Path.cwd())
    word = "started" if cloud.started else "already running"
    ready = ", ready for `cdk deploy`" if bootstrapped else ""
    click.echo(f"local cloud {word}: {cloud.endpoint_url} (process {cloud.state.pid}){ready}")
    if cloud.started:
        click.echo('to use it in this shell: eval "$(refarch local env)"')


@local.command()
@_directory_option
def stop(directory: Path | None) -> None:
    """Stop it. Everything in it is gone, unless it was started with --persist."""
    folder = _folder(directory)
    with _plain_errors():
        found, before = lifecycle.status(folder), Snapshots(folder.kept).current()
        was_running = lifecycle.stop(folder)
        after = Snapshots(folder.kept).current()
    click.echo("local cloud stopped" if was_running else "no local cloud is running")
    if was_running and found.state and found.state.persist:
        _say_what_was_kept(folder, after if after != before else None)


def _say_what_was_kept(folder: DataFolder, kept: Kept | None) -> None:
    if kept is None:
        raise click.ClickException(
            f"its state could not be saved; the one before stands. Log: {folder.previous_log_file}"
        )
    click.echo("its state is kept; `refarch local start --persist` takes it up")
    if kept.lost:
        click.echo(f"not kept: {', '.join(kept.lost)}. Log: {folder.previous_log_file}", err=True)


@local.command()
@_directory_option
def status(directory: Path | None) -> None:
    """Say whether it runs, and where. Exit code 0 only when it does."""
    folder = _folder(directory)
    found = lifecycle.status(folder)
    if found.condition == "running" and found.state:
        state = found.state
        enforced = "enforced" if state.enforce_permissions else "not enforced"
        click.echo(f"running: {state.endpoint_url} (process {state.pid}, since {state.started_at})")
        click.echo(f"ministack {state.version}, {state.region}, permissions {enforced}, data in {folder.path}")
        if state.persist:
            click.echo("a stop keeps everything, for the next start with --persist")
        return
    if found.condition == "crashed":
        click.echo(f"crashed: its process is gone; `refarch local start` starts anew. Log: {folder.log_file}")
    else:
        click.echo("stopped")
    sys.exit(1)


@local.command()
@_directory_option
def env(directory: Path | None) -> None:
    """Print the environment for this shell: eval "$(refarch local env)"."""
    folder = _folder(directory)
    found = lifecycle.status(folder)
    if found.condition != "running" or found.state is None:
        raise click.ClickException("no local cloud is running; `refarch local start` starts one")
    click.echo(shell_lines(found.state, folder))


@local.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@_start_options
@click.option("--keep", is_flag=True, help="Leave the cloud running, also when this command started it.")
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def run(command: tuple[str, ...], keep: bool, directory: Path | None, **options: Any) -> None:
    """Run COMMAND (after --) against the local cloud, which is started for it when none runs."""
    with _plain_errors():
        _require(command[0])
    with _plain_errors(), LocalCloud.start(directory=directory, **options) as cloud:
        cloud.keep = cloud.keep or keep
        cloud.bootstrap(start=Path.cwd())
        began = time.time()
        code = _pass_through(cloud, command)
        recorded = only_recorded_since(cloud.endpoint_url, began)
        if recorded:
            click.echo(f"\n{recorded}")
    sys.exit(code)


def _require(program: str) -> None:
    """Say that a command is missing before a cloud is started for it."""
    path = toolchain.search_path(os.environ.get("PATH", os.defpath))
    if program == "cdk":
        toolchain.require_cdk(Path.cwd(), path)
    elif shutil.which(program, path=path) is None:
        raise LocalCloudError(f"no command {program!r}")


def _pass_through(cloud: LocalCloud, command: tuple[str, ...]) -> int:
    try:
        code = cloud.run(command, cwd=Path.cwd(), check=False, capture=False).returncode
    except KeyboardInterrupt:
        return 130
    return code if code >= 0 else 128 - code  # ended by a signal: what a shell would say
