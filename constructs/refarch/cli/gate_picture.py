"""`refarch gate picture`: an architecture diagram of a template."""

from __future__ import annotations

from pathlib import Path

import click

from refarch.cli.gate_findings import USAGE_ERRORS, bad_input
from refarch.gate.picture import Picture, draw
from refarch.gate.templates import load

ENDINGS = {"svg": ".svg", "mermaid": ".mmd"}


@click.command("picture")
@click.argument("template", type=click.Path(path_type=Path))
@click.option("--format", "form", type=click.Choice(["svg", "mermaid", "both"]), default="svg", show_default=True)
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    help="A file, or for several pictures a folder.  [default: print one, write several beside you]",
)
@click.option("--title", default="", help="Above the picture.  [default: the name of the template]")
def picture_command(template: Path, form: str, output: Path | None, title: str) -> None:
    """Draw the architecture of TEMPLATE: a template, or a folder such as cdk.out.

    SVG needs nothing from outside and fits light and dark pages; Mermaid is text that GitHub and GitLab draw.
    """
    forms = list(ENDINGS) if form == "both" else [form]
    try:
        pictures = {name: draw(each, title=title) for name, each in load(template).items()}
    except USAGE_ERRORS as error:
        raise bad_input(error) from None
    if len(pictures) == len(forms) == 1 and (output is None or output.suffix):
        _one(next(iter(pictures.values())), forms[0], output)
    else:
        _several(pictures, forms, output or Path())


def _text(picture: Picture, form: str) -> str:
    return picture.svg if form == "svg" else picture.mermaid


def _one(picture: Picture, form: str, output: Path | None) -> None:
    if output is None:
        click.echo(_text(picture, form), nl=False)
    else:
        _write(output, _text(picture, form))
    if picture.caption:
        click.echo(picture.caption, err=True)


def _several(pictures: dict[str, Picture], forms: list[str], folder: Path) -> None:
    for name, picture in pictures.items():
        base = name.replace("/", "-").partition(".")[0]
        for form in forms:
            _write(folder / f"{base}{ENDINGS[form]}", _text(picture, form))


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    click.echo(f"{path}", err=True)
