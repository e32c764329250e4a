"""The report of `make bench`: ratios of turns, what counts as kept, pictures and trend from what is kept."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from benchmarks import agree, report
from benchmarks.__main__ import BENCHMARKS, QUICK, THREE_MINUTES, verdict
from benchmarks.figures import Figure, compared
from benchmarks.paired import Command, in_turns, ratio
from benchmarks.peers import OF_THEIR_OWN
from benchmarks.report import TREND


def figure(value: float, limit: float | None = 0.25, *, floor: bool = False) -> Figure:
    return Figure(TREND[0], value, "a peer", 1.0, "CPU s", value, limit, floor)


def run(at: str, value: float) -> dict[str, Any]:
    curve = {"name": "growth of it", "unit": "things", "points": [(1, 1.0), (2, 2.0), (4, 4.5)], "why": "each sees all"}
    return {
        "at": at,
        "commit": "abc",
        "quick": False,
        "load": [0.1, 0.2],
        "seconds": 5.0,
        "machine": {"processor": "p", "cores": 2, "memory_gib": 4, "system": "s", "versions": {"python": "3.11"}},
        "benchmarks": {
            "benchmarks.synth_cost": {"figures": [asdict(figure(value))], "exit": 0},
            "benchmarks.growth": {"figures": [], "curves": [curve], "exit": 1},
        },
    }


@pytest.mark.parametrize(
    ("made", "state"),
    [
        (figure(0.25), "kept"),
        (figure(0.2501), "missed"),
        (figure(0.30), "missed"),
        (figure(0.3, None), ""),
        (figure(1.0, 1.0, floor=True), "kept"),
        (figure(0.8, 1.0, floor=True), "missed"),
    ],
)
def test_a_limit_is_kept_or_missed_and_nothing_between(made: Figure, state: str) -> None:
    assert made.state == state


def test_the_ratio_is_of_turns_so_that_a_busy_turn_counts_for_both() -> None:
    own, peer = [1.0, 10.0, 1.2], [2.0, 20.0, 2.4]
    assert ratio(own, peer) == 0.5
    assert compared("it", own, "peer", peer).ratio == 0.5


def test_turns_alternate_after_one_that_is_thrown_away() -> None:
    order: list[str] = []

    def program(name: str) -> float:
        order.append(name)
        return float(len(order))

    assert in_turns(2, a=lambda: program("a"), b=lambda: program("b")) == {"a": [3.0, 5.0], "b": [4.0, 6.0]}
    assert order == ["a", "b"] * 3
    order.clear()
    in_turns(1, ("b",), a=lambda: program("a"), b=lambda: program("b"))
    assert order == ["b", "a", "b"]


def test_a_program_that_fails_is_no_figure(tmp_path: Path) -> None:
    spent = Command([sys.executable, "-c", "sum(range(3_000_000))"], tmp_path, {}).cpu()
    assert spent > 0
    with pytest.raises(RuntimeError, match="no figure"):
        Command([sys.executable, "-c", "raise SystemExit('no figure')"], tmp_path, {}).cpu()


def test_the_page_shows_each_run_beside_those_that_were_kept(tmp_path: Path) -> None:
    report.write(run("2026-01-01T00:00:00Z", 0.2), tmp_path)
    page = report.write(run("2026-01-02T00:00:00Z", 0.4), tmp_path).read_text()
    assert f"| {TREND[0]} | 0.4 | a peer | 1 | CPU s | **0.4** | ≤ 0.25 | missed |" in page
    assert "Ended with exit code 1." in page
    assert "growth of it: each sees all." in page
    assert len(list((tmp_path / "runs").glob("*.json"))) == 2
    for picture in ("growth.svg", "trend.svg"):
        assert f"]({picture})" in page
        assert ElementTree.parse(tmp_path / picture).getroot().tag == "{http://www.w3.org/2000/svg}svg"
    trend = (tmp_path / "trend.svg").read_text()
    assert trend.count("<circle") == 2
    report.write(run("2026-01-02T00:00:00Z", 0.4), tmp_path)
    assert (tmp_path / "trend.svg").read_text() == trend


def test_what_is_kept_in_the_documentation_can_be_read_again() -> None:
    kept = sorted((Path(__file__).parents[2] / "docs" / "benchmarks" / "runs").glob("*.json"))
    assert kept
    for path in kept:
        made = json.loads(path.read_text())
        assert report.figures_of(made), path.name
        assert made["machine"]["versions"]


def test_older_benchmarks_are_read_in_their_own_shape() -> None:
    row = {"pair": "network", "ours": 0.01, "cdk": 2.0, "times": 200.0, "missed": []}
    [made] = OF_THEIR_OWN["benchmarks.gate_diff"]([row])
    assert (made.ratio, made.state) == (0.005, "kept")
    content = {"stacks": 35, "first": [9.0, 8.0], "again": [0.5, 0.4]}
    [made] = OF_THEIR_OWN["benchmarks.gate_all"](content)
    assert made.ratio == pytest.approx(0.05)


def kept(folder: Path, name: str, *figures: Figure, quick: bool = False) -> Path:
    path = folder / name
    benchmarks = {"benchmarks.synth_cost": {"figures": [asdict(each) for each in figures], "exit": 0}}
    path.write_text(json.dumps(run("2026-01-01T00:00:00Z", 0.2) | {"quick": quick, "benchmarks": benchmarks}))
    return path


def compare(monkeypatch: pytest.MonkeyPatch, *runs: Path) -> int:
    monkeypatch.setattr(sys, "argv", ["agree", *map(str, runs)])
    return agree.main()


@pytest.mark.parametrize(("second", "code"), [(0.23, 0), (0.175, 0), (0.24, 1), (0.17, 1)])
def test_two_runs_agree_within_15_percent(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, second: float, code: int
) -> None:
    runs = kept(tmp_path, "a", figure(0.2)), kept(tmp_path, "b", figure(second))
    assert compare(monkeypatch, *runs) == code
    assert ("DIFFERS" in capsys.readouterr().out) == bool(code)


def test_a_figure_of_one_run_only_does_not_agree(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    other = Figure("other", 1.0, "a peer", 1.0, "CPU s", 1.0)
    assert compare(monkeypatch, kept(tmp_path, "a", figure(0.2), other), kept(tmp_path, "b", figure(0.2))) == 1
    assert compare(monkeypatch, kept(tmp_path, "a"), kept(tmp_path, "b")) == 1


def test_what_cannot_be_steady_is_shown_with_the_reason(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    events = [Figure("streaming: an origin stops: no answer", value, "a peer", 1.0, "s", value) for value in (1, 3)]
    processor = [Figure("streaming: CPU of a playlist", value, "a peer", 1.0, "CPU s", value) for value in (1, 3)]
    both = [kept(tmp_path, name, figure(0.2), each) for name, each in zip("ab", events, strict=True)]
    assert compare(monkeypatch, *both) == 0
    assert "not judged: one event, watched once" in capsys.readouterr().out
    assert compare(monkeypatch, *(kept(tmp_path, name, each) for name, each in zip("ab", processor, strict=True))) == 1


def test_a_quick_run_is_not_compared_with_a_full_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    runs = kept(tmp_path, "a", figure(0.2)), kept(tmp_path, "b", figure(0.2), quick=True)
    with pytest.raises(SystemExit):
        compare(monkeypatch, *runs)


def test_a_run_says_which_limit_it_missed_and_which_program_failed() -> None:
    made = run("2026-01-01T00:00:00Z", 0.26)
    assert list(verdict(made)) == [
        f"missed: {figure(0.26).line}",
        "benchmarks.growth ended with exit code 1",
    ]
    good = made["benchmarks"]["benchmarks.synth_cost"] | {"figures": [asdict(figure(0.2))]}
    assert list(verdict(made | {"benchmarks": {"benchmarks.synth_cost": good}})) == []


def test_the_shares_of_a_quick_run_are_three_minutes() -> None:
    assert sum(QUICK.values()) <= THREE_MINUTES
    assert set(QUICK) <= set(BENCHMARKS)
