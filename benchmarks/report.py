"""One report of all benchmarks: Markdown and pictures, from what was measured and what was kept of earlier runs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks.curves import Chart, page
from benchmarks.figures import Figure, read

INTRODUCTION: Final = """# Benchmarks

Written by `make bench` (`make bench QUICK=1`: fewer turns, smaller inputs, the report in `.refarch/bench`). Every
figure is a ratio to a peer that ran in the same turns; below 1 means less than the peer. CPU seconds of all processes,
medians; the ratio is the median of the turns' ratios. A figure over its limit is *missed*, and the run fails. Each run
is kept in [runs](runs) as JSON; `python -m benchmarks.agree` compares two of them, figure by figure: they may differ by
15 %. What does not depend on the machine is no benchmark but a budget ([budgets.toml](../../benchmarks/budgets.toml)),
held by `make check`.
"""
TREND: Final = (
    "cdk synth -e EcsSpot",
    "cdk synth, the whole catalogue",
    "one stack with refarch.fast",
    "refarch --help",
    "mapper: CPU of a row",
)


def write(run: dict[str, Any], folder: Path) -> Path:
    """Keeps the run in `folder/runs`, and writes README.md and its pictures anew; the path of the page."""
    (folder / "runs").mkdir(parents=True, exist_ok=True)
    name = f"{run['at'].replace(':', '').replace('-', '')}-{run['commit'].rstrip('+') or 'none'}.json"
    (folder / "runs" / name).write_text(json.dumps(run, indent=1) + "\n")
    runs = [json.loads(path.read_text()) for path in sorted((folder / "runs").glob("*.json"))]
    parts = [INTRODUCTION, *_machine(run), *_tables(run), *_growth(run, folder), *_phases(run), *_trend(runs, folder)]
    (folder / "README.md").write_text("\n".join(parts))
    return folder / "README.md"


def figures_of(run: dict[str, Any]) -> list[Figure]:
    return [figure for each in run["benchmarks"].values() for figure in read(each)]


def _machine(run: dict[str, Any]) -> Iterator[str]:
    machine = run["machine"]
    versions = ", ".join(f"{name} {value}" for name, value in machine["versions"].items())
    yield f"## {run['at']}, commit {run['commit']}{', quick' if run['quick'] else ''}\n"
    yield f"{machine['processor']}, {machine['cores']} cores, {machine['memory_gib']} GiB, {machine['system']};"
    yield f"{versions}."
    yield f"Load {run['load'][0]} before, {run['load'][1]} after; {run['seconds']:.0f} seconds.\n"
    missed = [each.line for each in figures_of(run) if each.state == "missed"]
    yield "\n".join(
        ["Missed limits:\n", *(f"- {line}" for line in missed), ""] if missed else ["No limit is missed.\n"]
    )


def _tables(run: dict[str, Any]) -> Iterator[str]:
    for name, content in run["benchmarks"].items():
        took = f" ({content['seconds']:.0f} s)" if "seconds" in content else ""
        yield f"### {name.removeprefix('benchmarks.')}{took}\n"
        if content.get("exit"):
            yield f"Ended with exit code {content['exit']}.\n"
        if not (figures := read(content)):
            yield "No figure beside a peer; its own verdict only.\n"
            continue
        yield "| | measured | beside | | unit | ratio | limit | |\n|---|---|---|---|---|---|---|---|"
        yield from map(_row, figures)
        yield ""


def _row(each: Figure) -> str:
    limit = "" if each.limit is None else f"{'≥' if each.floor else '≤'} {each.limit:g}"
    both = f"{each.value:.4g} | {each.peer} | {each.peer_value:.4g} | {each.unit}"
    return f"| {each.name} | {both} | **{each.ratio:.3g}** | {limit} | {each.state} |"


def _growth(run: dict[str, Any], folder: Path) -> Iterator[str]:
    curves = run["benchmarks"].get("benchmarks.growth", {}).get("curves")
    if not curves:
        return
    charts = [
        Chart(each["name"], each["unit"], "CPU s", {"measured": each["points"]}, straight=True) for each in curves
    ]
    (folder / "growth.svg").write_text(page(charts))
    yield "## Growth\n\n![CPU seconds by size; the dashed line is straight through the first two points](growth.svg)\n"
    yield from (f"{each['name']}: {each['why']}.\n" for each in curves if each["why"])


def _phases(run: dict[str, Any]) -> Iterator[str]:
    phases = run["benchmarks"].get("benchmarks.phases", {}).get("phases")
    if not phases:
        return
    yield "## Where the time of a synth goes\n\n| phase | Python, CPU s | Node, CPU s |\n|---|---|---|"
    yield from (f"| {name} | {each['python']:.2f} | {each['node']:.2f} |" for name, each in phases.items())
    yield (
        "\nThe floor is what an app pays before its first line: starting Python, two Node processes, loading"
        "\naws-cdk-lib. Going under it takes another jsii (no relay process, V8's compile cache: both private today) or"
        "\nno jsii at all.\n"
    )


def _trend(runs: Sequence[dict[str, Any]], folder: Path) -> Iterator[str]:
    lines: dict[str, list[tuple[float, float]]] = {name: [] for name in TREND}
    for number, run in enumerate(runs):
        for figure in figures_of(run):
            if figure.name in lines:
                lines[figure.name].append((number, figure.ratio))
    ends = (runs[0]["commit"], runs[-1]["commit"])
    charts = [Chart(name, "", "ratio to the peer", {name: line}, labels=ends) for name, line in lines.items() if line]
    if charts:
        (folder / "trend.svg").write_text(page(charts, columns=3))
        yield f"## Trend\n\n![Ratios to the peers, of the runs that are kept ({len(runs)})](trend.svg)\n"
