"""`refarch streaming …`: watch a live stream as many viewers do."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import click

from refarch.cli.streaming_cloudfront import cookies, signed_url
from refarch.streaming.edge_signing import sign
from refarch.streaming.load.crowd import POST, RENDITIONS, Load, run

_PRESETS = {"post": POST}


@click.group()
def streaming() -> None:
    """Load and check immersive live streams, and sign their addresses."""


streaming.add_command(cookies)
streaming.add_command(signed_url)


@streaming.command()
@click.argument("url")
@click.option("--preset", type=click.Choice(sorted(_PRESETS)), help="post: 150 viewers, in over 15 s, for 3 minutes.")
@click.option("--viewers", type=click.IntRange(1, 2000), help=f"How many.  [default: {POST.viewers}]")
@click.option("--seconds", type=click.FloatRange(1), help=f"How long.  [default: {POST.seconds:g}]")
@click.option("--ramp", type=click.FloatRange(0), help=f"Seconds in which they come.  [default: {POST.ramp_seconds:g}]")
@click.option("--rendition", type=click.Choice(RENDITIONS), default="spread", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="The report as JSON.")
@click.option("--max-errors", type=click.IntRange(0), default=0, show_default=True, help="More of them: exit code 1.")
def load(
    url: str,
    preset: str | None,
    viewers: int | None,
    seconds: float | None,
    ramp: float | None,
    rendition: str,
    as_json: bool,
    max_errors: int,
) -> None:
    """Let viewers watch URL (a master playlist, …/hls/NAME.m3u8) and report.

    Every viewer is one connection that fetches the playlists as they change, and each new segment once. Without
    options it is the lab of the post's workshop.
    """
    chosen = _PRESETS[preset or "post"]
    asked = Load(
        viewers=viewers or chosen.viewers,
        seconds=seconds or chosen.seconds,
        ramp_seconds=chosen.ramp_seconds if ramp is None else ramp,
        rendition=rendition,
    )
    report = run(url, asked, None if as_json else _progress)
    click.echo(json.dumps(report.as_dict(), indent=2) if as_json else f"\n{report.text()}")
    if report.requests == report.errors:
        raise click.ClickException(f"not one request to {url} was answered with a playlist")
    if report.errors > max_errors:
        sys.exit(1)


def _progress(viewers: int, requests: int, errors: int) -> None:
    click.echo(f"\r{viewers} viewers, {requests} requests, {errors} errors ", nl=False, err=True)


@streaming.command("sign")
@click.argument("path")
@click.option(
    "--key-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    required=True,
    help="One line: the edges' signing key.",
)
@click.option("--minutes", type=click.FloatRange(1), default=240.0, show_default=True, help="How long it is good for.")
def sign_path(path: str, key_file: Path, minutes: float) -> None:
    """Print the signed form of PATH (/hls/NAME.m3u8), to put behind the address of an edge or a CDN."""
    try:
        click.echo(sign(path, key=key_file.read_text().strip(), expires=int(time.time() + minutes * 60)))
    except ValueError as error:
        raise click.ClickException(str(error)) from error
