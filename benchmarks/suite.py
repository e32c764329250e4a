"""What the tests cost that run at every save: the contract suite beside one synth, and the unit tests with them.

    python -m benchmarks.suite [--quick] [--output FILE]

The contract suite is tests/contract without tests/contract/lint: snapshot, traps, rules, costs and pictures of every
variant of every stack. Its peer is the synth of the same variants, with the same rules on, and nothing else. CPU
seconds, in turns; caches off, as in CI.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Final

from benchmarks.figures import Figure, compared, deliver, median, options
from benchmarks.javascript import ROOT
from benchmarks.paired import Command, in_turns

CONTRACT: Final = "tests/contract"
LINT: Final = "tests/contract/lint"
SECONDS: Final = 60.0
"""CPU seconds that the unit and the contract tests may take together."""
NO_CACHE: Final = {"CI": "true"}


def tests(*words: str) -> Command:
    return Command([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *words], ROOT, NO_CACHE)


def main() -> int:
    """Exit code 1 where a limit is missed; `RuntimeError` where a test fails."""
    chosen = options(__doc__)
    with tempfile.TemporaryDirectory() as folder:
        words = [sys.executable, f"{CONTRACT}/synthesize.py", str(Path(folder) / "assemblies")]
        synth = Command(words, ROOT, NO_CACHE | {"CDK_VALIDATION": "true"})
        contract = tests(CONTRACT, f"--ignore={LINT}")
        both = tests("tests/unit", CONTRACT)
        measured = {"synth": synth.cpu, "contract": contract.cpu, "both": both.cpu}
        turns = in_turns(1 if chosen.quick else 3, ("synth",), **measured)
    together = round(median(turns["both"]), 1)
    figures = [
        compared("contract suite", turns["contract"], "one synth of all its variants", turns["synth"], limit=1.25),
        Figure("unit and contract tests", together, "a minute", SECONDS, "CPU s", round(together / SECONDS, 3), 1.0),
    ]
    return deliver(figures, chosen.output)


if __name__ == "__main__":
    sys.exit(main())
