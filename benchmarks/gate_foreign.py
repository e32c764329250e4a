"""Every part of the gate on the templates in the source packages of cfn-lint and troposphere: without a crash.

    python -m benchmarks.gate_foreign [--quick] [--output FILE]

The packages are downloaded once, beside the other peers; their installed forms carry no templates. A finding that says
that a rule could not read a template, a picture or cost card that could not be made, and any exception are failures.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from refarch.gate.policy.check import RULE_FAILED
from refarch.gate.reports import render
from refarch.gate.reports.formats import WHOLE_FORMATS
from refarch.gate.templates import Template, TemplateError, parse
from refarch.gate.whole import examine, report
from refarch.gate.whole.inputs import Stack

FOLDER: Final = Path(__file__).resolve().parents[1] / ".refarch" / "bench" / "foreign"
PACKAGES: Final = ("cfn-lint==1.58.0", "troposphere==4.11.0")
ENDINGS: Final = (".json", ".yaml", ".yml", ".template")


def packages() -> str:
    """Downloads them, once; why they cannot be had, or nothing."""
    if len(list(FOLDER.glob("*.tar.gz"))) >= len(PACKAGES):
        return ""
    FOLDER.mkdir(parents=True, exist_ok=True)
    words = ["-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:", "-d", str(FOLDER), *PACKAGES]
    done = subprocess.run([sys.executable, *words], capture_output=True, text=True)
    return f"{', '.join(PACKAGES)} cannot be had: {done.stderr.strip().splitlines()[-1:]}" if done.returncode else ""


def templates() -> Iterator[Stack]:
    """Those with resources; the packages hold templates that are broken on purpose, too."""
    for path in sorted(FOLDER.glob("*.tar.gz")):
        with tarfile.open(path) as archive:
            for member in archive:
                file = archive.extractfile(member) if member.name.endswith(ENDINGS) else None
                text = file.read() if file else b""
                if b"Resources" in text and (found := _parsed(text, member.name)) and found.resources:
                    yield Stack(member.name, text)


def _parsed(text: bytes, name: str) -> Template | None:
    try:
        return parse(text, name)
    except TemplateError:
        return None


def problems(stack: Stack) -> Iterator[str]:
    """What went wrong with one template."""
    try:
        found = report(examine([stack], [stack]), ())
        for form in WHOLE_FORMATS:
            render(found, form)
    except Exception as error:  # whatever it is, it is what this looks for
        yield f"{stack.name}: {type(error).__name__}: {error}"
        return
    yield from (f"{stack.name}: {each.message}" for each in found.outcome.open if each.rule == RULE_FAILED)
    yield from (f"{stack.name}: {note}" for note in found.notes if note.startswith(("no picture", "no cost card")))


def main() -> int:
    """Print the figures; 1 for a single problem."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--quick", action="store_true", help="every tenth template")
    options.add_argument("--output", type=Path)
    chosen = options.parse_args()
    if problem := packages():
        print(problem)
        return 0  # nothing was measured, and nothing is claimed
    stacks = list(templates())[:: 10 if chosen.quick else 1]
    start = time.process_time()
    wrong = [each for stack in stacks for each in problems(stack)]
    seconds = time.process_time() - start
    resources = sum(len(each.template.resources) for each in stacks)
    print(f"{len(stacks)} templates, {resources:,} resources, {len(wrong)} problems, {seconds:.1f} s CPU")
    for each in wrong:
        print(each)
    if chosen.output:
        figures = {"templates": len(stacks), "resources": resources, "problems": wrong, "cpu": seconds}
        chosen.output.write_text(json.dumps(figures, indent=1) + "\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
