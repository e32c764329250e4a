"""The gate beside its peers on the same corpora in the same run: found, missed, false alarms, CPU seconds.

    python -m benchmarks.gate_peers [--quick] [--output FILE]

Changes: 106 pairs of templates; the peer is `cdk diff --template`, which says of a resource that it is replaced, may be
replaced, destroyed, orphaned or modified, and prints a table when permissions change. Loss of data, a deployment that
will fail and a rename are verdicts that it has no word for: they are counted apart, by the nearest word it has.

Defects: 76 faults, one at a time, in a template that has none. The peers are cfn-lint, the CDK's own validation and
cdk-nag (both through CfnInclude), and checkov (in a folder of its own, never among the project's packages). A peer has
found a defect when it says anything that it does not say of the clean template; a false alarm is a new finding on a
resource that the defect did not touch.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final

from benchmarks.gate_corpora import defects, pairs
from benchmarks.gate_peers_changes import cdk_on, ours_on
from benchmarks.gate_peers_defects import cfn_lint, checkov, in_cdk, install_checkov, ours_on_defects, peer_on_defects
from benchmarks.gate_score import Score

ROOT: Final = Path(__file__).resolve().parents[1]
LIMIT: Final = 100.0  # times less CPU a pair than cdk diff, within a process
QUICK: Final = 9  # every so many-th of a corpus


def main() -> int:
    """Print both tables; 1 where we miss anything, a peer is above us, or `cdk diff` is not `LIMIT` times dearer."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--quick", action="store_true", help=f"every {QUICK}th of a corpus")
    options.add_argument("--output", type=Path)
    chosen = options.parse_args()
    step = QUICK if chosen.quick else 1
    changes, faults = pairs()[::step], defects()[::step]
    cdk = shutil.which("cdk", path=f"{ROOT / '.venv' / 'bin'}:{ROOT / 'node_modules' / '.bin'}:{os.environ['PATH']}")
    first = [ours_on(changes)]
    if cdk:
        peer, alone = cdk_on(changes, cdk)
        first += [alone, peer]
    second = [ours_on_defects(faults)]
    second.append(peer_on_defects("cfn-lint", faults, cfn_lint))
    second.append(peer_on_defects("CDK validation (CfnInclude)", faults, in_cdk("validate")))
    second.append(peer_on_defects("cdk-nag AwsSolutions (CfnInclude)", faults, in_cdk("nag")))
    problem = install_checkov()
    second.append(Score("checkov", notes=problem) if problem else peer_on_defects("checkov", faults, checkov))
    _print(f"changes ({len(changes)} pairs)", first)
    _print(f"defects ({len(faults)} templates)", second)
    if chosen.output:
        tables = {"changes": [asdict(each) for each in first], "defects": [asdict(each) for each in second]}
        chosen.output.write_text(json.dumps(tables, indent=1) + "\n")
    return _verdict(first, second)


def _print(title: str, scores: Sequence[Score]) -> None:
    print(f"{title:<34} {'found':>5} {'missed':>7} {'false alarms':>13} {'CPU s each':>11}")
    for each in scores:
        print(each.line())
    print()


def _verdict(first: Sequence[Score], second: Sequence[Score]) -> int:
    problems = [f"{each.tool} misses {each.missed}" for each in (first[0], second[0]) if each.missed]
    problems += [
        f"{each.tool} is above ours" for table in (first, second) for each in table[1:] if each.found > table[0].found
    ]
    if len(first) > 2 and (times := first[2].each / first[0].each) < LIMIT:
        problems.append(f"only {times:.0f} times less CPU than cdk diff; {LIMIT:.0f} are promised")
    if len(first) > 2:
        print(f"a pair: {first[2].each / first[0].each:.0f} times less CPU than cdk diff within a process, ", end="")
        print(f"{first[2].each / first[1].each:.1f} times as a command")
    for each in problems:
        print(f"MISSED: {each}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
