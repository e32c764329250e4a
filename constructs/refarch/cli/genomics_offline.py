"""`image` and `schema`: what needs no AWS."""

from __future__ import annotations

import json
from pathlib import Path

import click

from refarch.genomics.images import TOOLS, build_context
from refarch_lambdas.genomics.schema_documents import documents

SCHEMAS = {name.removesuffix(".schema.json"): document for name, document in documents().items()}


@click.command()
@click.argument("tool", type=click.Choice(TOOLS))
@click.option("--to", "folder", type=click.Path(path_type=Path), required=True, help="A new folder for the context.")
def image(tool: str, folder: Path) -> None:
    """Write the Docker build context of a tool's image: nothing is built, pulled or pushed."""
    try:
        build_context(tool, folder)
    except FileExistsError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{folder} is ready: docker build -t refarch-genomics/{tool} {folder}")


@click.command()
@click.argument("shape", type=click.Choice(sorted(SCHEMAS)))
def schema(shape: str) -> None:
    """Print the JSON Schema of an input."""
    click.echo(json.dumps(SCHEMAS[shape], indent=2))
