"""The figures of those benchmarks that write files of their own shape."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from benchmarks.figures import Figure


def _gate_diff(rows: list[dict[str, Any]]) -> Iterator[Figure]:
    for row in rows:
        name, ours, theirs = f"gate diff: {row['pair']}", row["ours"], row["cdk"]
        yield Figure(name, round(ours, 4), "cdk diff", round(theirs, 2), "CPU s a pair", ours / theirs, 0.01)


def _gate_peers(tables: dict[str, list[dict[str, Any]]]) -> Iterator[Figure]:
    for table, (own, *others) in tables.items():
        for peer in others:
            if peer["runs"] and peer["found"]:
                share = own["found"] / peer["found"]
                yield Figure(f"gate: {table} found", own["found"], peer["tool"], peer["found"], "", share, 1.0, True)


def _gate_all(content: dict[str, Any]) -> Iterator[Figure]:
    (_, again), (_, first) = content["again"], content["first"]
    name = f"gate all: {content['stacks']} stacks that did not change"
    yield Figure(name, round(again, 2), "the same the first time", round(first, 2), "CPU s", again / first)


def _mapreduce(content: dict[str, Any]) -> Iterator[Figure]:
    speed = content["speed"]
    rates = speed["rows_per_second_per_core"]
    common = ("the original's loop", rates["bare_loop"], "rows/s a core")
    yield Figure("mapper: CPU of a row", rates["engine"], *common, speed["ratio"], speed["limit"])


def _mapreduce_query(content: dict[str, Any]) -> Iterator[Figure]:
    rates = content["rows_per_second_per_core"]
    for form, (least, most) in content["limits"].items():
        name, ours, unit = f"declarative mapper, {form}", rates[f"{form}_job"], "rows/s a core"
        loop, engine = content["times_the_loop"][form], content["of_bare_engine"][form]
        yield Figure(f"{name}: speed", ours, "the original's loop", rates["loop"], unit, loop, least, True)
        yield Figure(f"{name}: CPU of a row", ours, "bare DuckDB", rates[f"{form}_engine"], unit, engine, most)


def _local_cloud(content: dict[str, dict[str, float]]) -> Iterator[Figure]:
    """Its rows beside each emulator: what they cost in memory and in seconds by the wall."""
    rows = {"start": "s", "deploy": "s", "first_event": "s", "job": "s", "idle_megabytes": "MB", "busy_megabytes": "MB"}
    own = content["refarch"]
    for peer, other in content.items():
        for row, unit in rows.items() if peer != "refarch" else ():
            if own.get(row) and other.get(row):
                title = f"local cloud: {row.replace('_', ' ')}"
                yield Figure(title, own[row], peer, other[row], unit, round(own[row] / other[row], 3))


OF_THEIR_OWN: Final[dict[str, Callable[[Any], Iterator[Figure]]]] = {
    "benchmarks.gate_diff": _gate_diff,
    "benchmarks.gate_peers": _gate_peers,
    "benchmarks.gate_all": _gate_all,
    "benchmarks.local_cloud": _local_cloud,
    "benchmarks.mapreduce_engine": _mapreduce,
    "benchmarks.mapreduce_query": _mapreduce_query,
}
