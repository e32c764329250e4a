"""What a synth costs beside what a user would pick instead: a plain app of the same stacks, and the CDK in JavaScript.

    python -m benchmarks.synth_cost [--quick] [--output FILE]

The catalogue goes through the real `cdk synth`, beside benchmarks/synth/naive_app.py with the CDK's default settings.
The shop (59 resources) is built by the same calls in Python and in JavaScript; both must give the same template. CPU
seconds of all processes, in turns.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

from benchmarks import javascript
from benchmarks.figures import Figure, compared, deliver, options
from benchmarks.paired import Command, in_turns

ROOT: Final = Path(__file__).resolve().parents[1]
APPS: Final = ROOT / "benchmarks" / "synth"
NAIVE, JAVASCRIPT = "a naive app of the whole catalogue", "the same in JavaScript CDK"
ONE: Final = "EcsSpot"
NO_VALIDATION: Final = {"CDK_VALIDATION": "false"}


def main() -> int:
    """Exit code 1 where a limit is missed, or the peers do not make the same template."""
    chosen = options(__doc__)
    turns = 2 if chosen.quick else 7
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        figures = [*catalogue(here, turns), *command_line(here, turns), *shops(here, turns, quick=chosen.quick)]
        if not chosen.quick:
            figures += levers(here, turns)
    return deliver(figures, chosen.output)


def catalogue(folder: Path, turns: int) -> Iterator[Figure]:
    """Through the command line, as a person types it."""
    cdk = [str(ROOT / ".venv" / "bin" / "cdk"), "synth", "-q", "--no-notices", "--output", str(folder / "cdk.out")]
    naive = f"{sys.executable} {APPS / 'naive_app.py'}"
    programs = {
        "naive": [*cdk, "--app", naive],
        "everything": [*cdk, "--app", f"{sys.executable} app.py"],
        "one": [*cdk, "-e", ONE, "--app", f"{sys.executable} app.py"],
    }
    commands = {name: Command(words, ROOT, {}).cpu for name, words in programs.items()}
    measured = in_turns(turns, ("everything",), **commands)
    yield compared(f"cdk synth -e {ONE}", measured["one"], NAIVE, measured["naive"], limit=0.25)
    yield compared("cdk synth, the whole catalogue", measured["everything"], NAIVE, measured["naive"], limit=0.55)


def command_line(folder: Path, turns: int) -> Iterator[Figure]:
    programs = {"help": ["-m", "refarch.cli", "--help"], "bare": ["-c", "import click"]}
    commands = {name: Command([sys.executable, *words], folder, {}).cpu for name, words in programs.items()}
    measured = in_turns(3 * turns, **commands)
    yield compared("refarch --help", measured["help"], "Python that imports click", measured["bare"], limit=1.5)


def shop(folder: Path, program: str, name: str = "", **environment: str) -> Command:
    """The shop as an app of its own, without the command line."""
    words = [str(javascript.NODE)] if program.endswith(".js") else [sys.executable]
    out = {"CDK_OUTDIR": str(folder / (name or program)), "JSII_NODE": str(javascript.NODE), "PYTHONPATH": str(ROOT)}
    return Command([*words, str(APPS / program)], folder, out | environment)


def shops(folder: Path, turns: int, *, quick: bool) -> Iterator[Figure]:
    """Python beside JavaScript, without validation on both sides; then one of 5 and one of 50 stacks."""
    try:
        peer = {"NODE_PATH": str(javascript.modules())}
    except RuntimeError as error:
        print(f"not measured beside JavaScript: {error}")
        return
    for stacks in ("1",) if quick else ("1", "10"):
        common = NO_VALIDATION | {"STACKS": stacks}
        measured = in_turns(
            turns,
            fast=shop(folder, "shop_fast.py", **common).cpu,
            plain=shop(folder, "shop.py", **common).cpu,
            javascript=shop(folder, "shop.js", **common, **peer).cpu,
        )
        _same(folder, "shop_fast.py", "shop.js")
        what = "one stack" if stacks == "1" else f"{stacks} stacks"
        limit = 2.2 if stacks == "1" else None
        yield compared(f"{what} with refarch.fast", measured["fast"], JAVASCRIPT, measured["javascript"], limit=limit)
        yield compared(f"{what}, plain Python app", measured["plain"], JAVASCRIPT, measured["javascript"])
    chosen = NO_VALIDATION | {"CDK_CONTEXT_JSON": json.dumps({"only": "Shop0"})}
    sizes = {name: shop(folder, "shop_fast.py", name, STACKS=name[2:], **chosen).cpu for name in ("of50", "of5")}
    measured = in_turns(turns, ("of5",), **sizes)
    yield compared("one stack of 50", measured["of50"], "one stack of 5", measured["of5"], limit=1.15)


def _same(folder: Path, *programs: str) -> None:
    """`RuntimeError` unless they made the same template: else the figures would compare different work."""
    templates = [json.loads((folder / program / "Shop0.template.json").read_text()) for program in programs]
    if templates[0] != templates[1]:
        raise RuntimeError(f"{' and '.join(programs)} make different templates")


def levers(folder: Path, turns: int) -> Iterator[Figure]:
    """Each lever of `refarch.fast` beside the same app without it, one at a time, on top of those before."""
    for stacks in ("1", "10"):
        sets = {"none": "", "validation": "validation", "collector": "validation collector"}
        sets["traces"] = "validation collector traces"
        run = partial(_levers, folder, stacks)
        measured: dict[str, Any] = in_turns(turns, **{name: run(name, words).cpu for name, words in sets.items()})
        for before, name in zip(sets, list(sets)[1:], strict=False):
            title = f"lever: {name}, {stacks} stack{'s' if stacks != '1' else ''}"
            yield compared(title, measured[name], f"the same with {before}", measured[before])
        yield compared(f"levers: all, {stacks} stacks", measured["traces"], "the same with none", measured["none"])


def _levers(folder: Path, stacks: str, name: str, words: str) -> Command:
    return shop(folder, "shop_levers.py", name, STACKS=stacks, LEVERS=words)


if __name__ == "__main__":
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.exit(main())
