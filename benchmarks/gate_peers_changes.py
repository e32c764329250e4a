"""The pairs of templates: ours within a process and as a command, and `cdk diff --template`."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks.gate_corpora import Pair
from benchmarks.gate_diff import assembly, command
from benchmarks.gate_score import Score
from refarch.gate.diff import StackDiff, compare, findings_of
from refarch.gate.templates import Template

# The nearest word that cdk diff has for each verdict.
NEAREST: Final = {
    "data-loss-replace": "replace",
    "data-loss-delete": "destroy",
    "delete": "destroy",
    "rename": "destroy",
    "may-lose-data": "may be replaced",
    "may-replace": "may be replaced",
}
NO_WORD: Final = ("data-loss-replace", "data-loss-delete", "may-lose-data", "deploy-fails", "rename")


def said(diff: StackDiff) -> dict[str, str]:
    """Logical id to our verdict, as the corpus writes it; without no-ops and additions."""
    found = {each.logical_id: each.verdict.name.lower().replace("_", "-") for each in diff.changes}
    return {name: verdict for name, verdict in found.items() if verdict not in ("no-op", "add")}


def ours_on(corpus: Sequence[Pair]) -> Score:
    """Ours, within this process."""
    texts = [(Template("old.json", each.old), Template("new.json", each.new)) for each in corpus]
    for old, new in texts:
        compare(old, new)  # schemas are read once a process
    score = Score("refarch gate diff (in a process)", of=sum(_asked(each) for each in corpus), runs=len(corpus))
    start = time.process_time()
    diffs = [compare(old, new) for old, new in texts]
    findings_of(diffs)
    score.cpu = time.process_time() - start
    for pair, diff in zip(corpus, diffs, strict=True):
        _judge_ours(score, pair, said(diff), {each.resource for each in diff.broadened})
    return score


def cdk_on(corpus: Sequence[Pair], cdk: str) -> tuple[Score, Score]:
    """`cdk diff`, by its own words, and by the words of the corpus; and our command on the same files."""
    score = Score("cdk diff --template", of=sum(_asked(each) for each in corpus), runs=len(corpus))
    alone = Score("refarch gate diff (as a command)", of=score.of, runs=score.runs)
    for pair in corpus:
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary)
            (folder / "old.json").write_text(json.dumps(pair.old))
            (folder / "new.json").write_text(json.dumps(pair.new))
            assembly(folder / "assembly", json.dumps(pair.new))
            words = [cdk, "diff", "Stack", "--template", "old.json", "--app", "assembly", "--no-notices"]
            try:
                cpu, text = command(words, folder)
            except RuntimeError as error:
                cpu, text = 0.0, ""
                score.notes = f"did not run on {pair.name}: {error}"[:100]
            own = [sys.executable, "-m", "refarch.cli", "gate", "diff", "old.json", "new.json", "--format", "json"]
            ours, told = command(own, folder)
        score.cpu += cpu
        alone.cpu += ours
        _judge_ours(alone, pair, *_reported(json.loads(told)))
        _judge_cdk(score, pair, text)
    no_word = sum(each in NO_WORD for pair in corpus for each in pair.expect.values())
    score.notes = score.notes or f"{no_word} verdicts have no word there: the nearest counts"
    return score, alone


def _judge_ours(score: Score, pair: Pair, told: dict[str, str], widened: set[str]) -> None:
    _count(score, pair, lambda name, verdict: told.get(name) == verdict, set(pair.broadened) <= widened)
    score.alarms += len(told.keys() - pair.expect.keys()) + len(widened - set(pair.broadened))


def _reported(report: Any) -> tuple[dict[str, str], set[str]]:
    """What our command wrote."""
    told = {each["logicalId"]: each["verdict"] for stack in report["stacks"] for each in stack["resources"]}
    widened = {each["resource"] for stack in report["stacks"] for each in stack["broadened"]}
    return {name: verdict for name, verdict in told.items() if verdict not in ("no-op", "add")}, widened


def _judge_cdk(score: Score, pair: Pair, text: str) -> None:
    told = dict(_words(text))
    widened = any(each in text for each in ("IAM Statement Changes", "IAM Policy Changes", "Security Group Changes"))
    _count(score, pair, lambda name, verdict: _right(told.get(name), verdict), widened)
    score.alarms += sum(word != "add" for name, word in told.items() if name not in pair.expect)


def _right(word: str | None, verdict: str) -> bool:
    """A deployment that will fail counts as found when the peer says anything of the resource."""
    if verdict == "deploy-fails":
        return word is not None
    return word == NEAREST.get(verdict, verdict)


def _words(text: str) -> Iterable[tuple[str, str]]:
    """Logical id and what `cdk diff` says of it: `[~] AWS::EC2::VPC Vpc replace`."""
    for line in text.splitlines():
        words = line.split()
        if len(words) < 3 or words[0] not in ("[~]", "[+]", "[-]") or "::" not in words[1]:
            continue  # a parameter, an output, a condition
        tail = next((each for each in ("may be replaced", "replace", "destroy", "orphan") if line.endswith(each)), "")
        # Between type and logical id stands the path of the construct, where the template has one.
        name = line.removesuffix(tail).split()[-1]
        yield name, tail or {"[+]": "add", "[-]": "destroy", "[~]": "update"}[words[0]]


def _asked(pair: Pair) -> int:
    return len(pair.expect) + bool(pair.broadened)


def _count(score: Score, pair: Pair, right: Callable[[str, str], bool], widened: bool) -> None:
    for name, verdict in pair.expect.items():
        if right(name, verdict):
            score.found += 1
        else:
            score.missed.append(f"{pair.name}: {name} is {verdict}")
    if pair.broadened and widened:
        score.found += 1
    elif pair.broadened:
        score.missed.append(f"{pair.name}: broadened")
