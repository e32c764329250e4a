"""`refarch streaming cookies` and `refarch streaming url`: what CloudFront's own signatures are."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from refarch.streaming import cloudfront_signing as signing

Command = TypeVar("Command", bound=Callable[..., Any])


def _options(command: Command) -> Command:
    """What both verbs ask for."""
    for option in reversed(
        (
            click.option("--key-pair-id", required=True, help="Of the public key in CloudFront's key group."),
            click.option(
                "--private-key",
                type=click.Path(exists=True, dir_okay=False, path_type=Path),
                required=True,
                help="PEM: RSA of 2,048 bits, or ECDSA on P-256.",
            ),
            click.option("--minutes", type=click.FloatRange(1), default=240.0, show_default=True, help="How long."),
            click.option("--from", "network", default="", help="Only for viewers of this IPv4 network."),
        )
    ):
        command = option(command)
    return command


@click.command()
@click.argument("url")
@_options
@click.option("--domain", default="", help="For all hosts below it, such as example.com. Default: the host alone.")
@click.option("--one-file", is_flag=True, help="URL alone, by a canned policy, instead of its whole stream.")
@click.option("--format", "form", type=click.Choice(("headers", "curl", "json")), default="headers", show_default=True)
def cookies(
    url: str,
    key_pair_id: str,
    private_key: Path,
    minutes: float,
    network: str,
    domain: str,
    one_file: bool,
    form: str,
) -> None:
    """Print the cookies with which CloudFront serves the stream of URL (https://…/hls/NAME.m3u8).

    A player that is given them follows the playlists to every rendition and segment. Streams whose names begin alike
    are opened too: a policy of CloudFront has one address in it.
    """
    resource = url if one_file else signing.stream_resource(url)
    try:
        made = signing.cookies(_grant(resource, minutes, network), key_pair_id, signing.openssl(private_key))
    except signing.SigningError as error:
        raise click.ClickException(str(error)) from error
    click.echo(_FORMS[form](made, domain))


@click.command("url")
@click.argument("url")
@_options
def signed_url(url: str, key_pair_id: str, private_key: Path, minutes: float, network: str) -> None:
    """Print URL, signed for CloudFront. It is good for that one file: a playlist's further files take `cookies`."""
    try:
        grant = _grant(url, minutes, network)
        click.echo(signing.signed_url(url, grant, key_pair_id, signing.openssl(private_key)))
    except signing.SigningError as error:
        raise click.ClickException(str(error)) from error


def _grant(resource: str, minutes: float, network: str) -> signing.Grant:
    return signing.Grant(resource=resource, expires=int(time.time() + minutes * 60), network=network)


def _headers(made: Mapping[str, str], domain: str) -> str:
    """Without Expires and Max-Age, so that they go with the browser; SameSite=None, so that other sites' pages play."""
    where = f"; Domain={domain}" if domain else ""
    return "\n".join(
        f"Set-Cookie: {name}={value}{where}; Path=/; Secure; HttpOnly; SameSite=None" for name, value in made.items()
    )


def _curl(made: Mapping[str, str], domain: str) -> str:
    return "-b '" + "; ".join(f"{name}={value}" for name, value in made.items()) + "'"


def _json(made: Mapping[str, str], domain: str) -> str:
    return json.dumps(dict(made), indent=2)


_FORMS: Mapping[str, Callable[[Mapping[str, str], str], str]] = {"headers": _headers, "curl": _curl, "json": _json}
