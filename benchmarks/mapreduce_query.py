"""How fast a mapper of a declarative job is: beside the original's loop, and beside its bare engine on the same files.

    python -m benchmarks.mapreduce_query [--quick] [--output FILE]

The article's query, from CSV and from Parquet with the same rows, in turns, in this process, on one thread. Two objects
of 118 MB of text are what the default plan gives a mapper of the article's 25.4 GB; of Parquet also eight, where what
a task costs once hardly counts. CPU seconds are compared turn by turn, and the median counts.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import duckdb

import refarch_lambdas.mapreduce
from benchmarks.mapreduce_engine import bare_loop, run_mapper, visits
from refarch_lambdas.mapreduce import pricing
from refarch_lambdas.mapreduce.query.check import parse
from refarch_lambdas.mapreduce.query.document import read_document
from refarch_lambdas.mapreduce.query.job import query_job

NAMES: Final = (
    *("sourceIP", "destURL", "visitDate", "adRevenue", "userAgent"),
    *("countryCode", "languageCode", "searchWord", "duration"),
)
QUERY: Final = Path(refarch_lambdas.mapreduce.__file__).parent / "examples" / "ad_revenue.toml"
ROWS: Final = 740_000  # of one object, about 118 MB
OBJECTS: Final = {"csv": 2, "parquet": 2, "parquet_large": 8}
# What was aimed at, and what this bench insists on: no more than was reached, with room for a loaded machine. No engine
# that was measured parses this text at ten times the loop on one core, not even bare (docs/decisions/0012): the report
# says how far the bare one comes.
AIMS: Final = {"times_the_loop": 10.0, "of_bare_engine": 1.5}
LIMITS: Final = {"csv": (2.5, 1.8), "parquet": (10.0, 3.6), "parquet_large": (10.0, 3.2)}  # at least; at most
ARTICLE_ROWS: Final = 155e6  # 25.4 GB of text
ARTICLE_CENTS: Final = 2.49
# A Lambda reads S3 at some 75 MB/s whatever its memory: below that speed of the code it is the code that counts.
NETWORK_BYTES_PER_SECOND: Final = 75e6
MEMORY_MB: Final = 1769


def mapper(form: str, path: Path) -> Callable[[], object]:
    """One whole mapper task over the objects: plan, read, aggregate, sort, write, commit."""
    query, problems = parse(read_document(QUERY) | {"format": form.partition("_")[0]})
    if query is None:
        raise ValueError(problems)
    job, size = query_job(query), path.stat().st_size
    return lambda: run_mapper(job, path, size, objects=OBJECTS[form])


def bare_engine(table: str) -> Callable[[], object]:
    """DuckDB alone on one thread, told all that there is to know of the files."""
    connection = duckdb.connect(config={"threads": 1})
    return lambda: connection.execute(f"SELECT substr(sourceIP,1,8), sum(adRevenue) FROM {table} GROUP BY 1").fetchall()  # noqa: S608


def csv_table(path: Path, objects: int = 1) -> str:
    columns = ",".join(f"'{name}':'{'DOUBLE' if name == 'adRevenue' else 'VARCHAR'}'" for name in NAMES)
    return (
        f"read_csv({[str(path)] * objects},columns={{{columns}}},header=false,auto_detect=false,delim=',',quote='',"
        "escape='',strict_mode=true)"
    )


def measure(text: Path, parquet: Path, turns: int) -> dict[str, list[float]]:
    """CPU nanoseconds of a row by what ran, turn by turn, after one that warms up."""
    runs: dict[str, tuple[int, Callable[[], object]]] = {"loop": (1, lambda: bare_loop(text))}
    for form, objects in OBJECTS.items():
        path = text if form == "csv" else parquet
        table = csv_table(text, objects) if form == "csv" else f"read_parquet({[str(parquet)] * objects})"
        runs[f"{form}_engine"] = objects, bare_engine(table)
        runs[f"{form}_job"] = objects, mapper(form, path)
    spent: dict[str, list[float]] = {name: [] for name in runs}
    for turn in range(turns + 1):
        for name, (objects, run) in runs.items():
            begin = time.process_time_ns()
            run()
            if turn:
                spent[name].append((time.process_time_ns() - begin) / (objects * ROWS))
    return spent


def ratio(spent: dict[str, list[float]], one: str, other: str) -> float:
    """The median over the turns: both of a turn had the same neighbours on the machine."""
    return round(statistics.median(a / b for a, b in zip(spent[one], spent[other], strict=True)), 2)


def cents(nanoseconds: float, read: float) -> dict[str, float]:
    """Lambda's price in US cents for mapping the article's 25.4 GB: by the code's speed, and not faster than the
    network brings the `read` bytes of a row."""

    def price(seconds: float) -> float:
        usage = pricing.Usage(mapper_gb_seconds=seconds * ARTICLE_ROWS * MEMORY_MB / 1024)
        return round(pricing.cost_of(usage, region=pricing.DEFAULT_REGION).total * 100, 3)

    return {
        "by_cpu_alone": price(nanoseconds / 1e9),
        "at_network_speed": price(max(nanoseconds / 1e9, read / NETWORK_BYTES_PER_SECOND)),
    }


def used_bytes(parquet: Path) -> float:
    """What a mapper fetches of a row of Parquet: only the columns that the query uses."""
    sizes = f"SELECT sum(total_compressed_size) FROM parquet_metadata('{parquet}')"  # noqa: S608
    ((size,),) = duckdb.execute(f"{sizes} WHERE path_in_schema IN ('sourceIP', 'adRevenue')").fetchall()
    return float(size) / ROWS


def report(spent: dict[str, list[float]], text_bytes: float, parquet_bytes: float) -> dict[str, Any]:
    """`text_bytes`, `parquet_bytes`: what is read of a row."""
    median = {name: statistics.median(times) for name, times in spent.items()}
    return {
        "rows_of_an_object": ROWS,
        "objects": OBJECTS,
        "cpu_nanoseconds_of_a_row": {name: [round(each, 1) for each in times] for name, times in spent.items()},
        "rows_per_second_per_core": {name: round(1e9 / value) for name, value in median.items()},
        "csv_megabytes_per_second_per_core": round(text_bytes / median["csv_job"] * 1e3, 1),
        "times_the_loop": {form: ratio(spent, "loop", f"{form}_job") for form in OBJECTS},
        "bare_engine_times_the_loop": {form: ratio(spent, "loop", f"{form}_engine") for form in OBJECTS},
        "of_bare_engine": {form: ratio(spent, f"{form}_job", f"{form}_engine") for form in OBJECTS},
        "aims": AIMS,
        "limits": LIMITS,
        "cents_at_25_4_gb": {
            "article": ARTICLE_CENTS,
            "original_loop": cents(median["loop"], text_bytes),
            "csv": cents(median["csv_job"], text_bytes),
            "parquet": cents(median["parquet_job"], parquet_bytes),
        },
    }


def show(result: dict[str, Any]) -> None:
    rates, loop, bare = (
        result[name] for name in ("rows_per_second_per_core", "times_the_loop", "bare_engine_times_the_loop")
    )
    print(f"the original's loop: {rates['loop']:,} rows a second")
    for form, objects in OBJECTS.items():
        least, most = LIMITS[form]
        print(
            f"{form:13} ({objects} objects): {rates[f'{form}_job']:>10,} rows a second, {loop[form]:>5} times the loop "
            f"(limit {least}, aim {AIMS['times_the_loop']}, bare DuckDB {bare[form]}), "
            f"{result['of_bare_engine'][form]} of bare DuckDB's time (limit {most}, aim {AIMS['of_bare_engine']})"
        )
    print(f"mapping 25.4 GB, in US cents of Lambda time (the article's whole job: {ARTICLE_CENTS}):")
    for what, price in list(result["cents_at_25_4_gb"].items())[1:]:
        print(f"  {what:13} {price['by_cpu_alone']} by CPU alone, {price['at_network_speed']} at 75 MB/s from S3")


def main() -> int:
    """Exit code 1 when a limit is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer turns")
    parser.add_argument("--output", type=Path, help="write the numbers as JSON to this file")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        text, parquet = Path(folder) / "uservisits", Path(folder) / "uservisits.parquet"
        lines = "".join(visits(ROWS // 5)).encode()
        text.write_bytes(lines * 5)
        duckdb.execute(f"COPY (SELECT * FROM {csv_table(text)}) TO '{parquet}' (FORMAT parquet)")  # noqa: S608
        spent = measure(text, parquet, 2 if arguments.quick else 7)
        result = report(spent, text.stat().st_size / ROWS, used_bytes(parquet))
    show(result)
    if arguments.output:
        arguments.output.write_text(json.dumps(result, indent=2) + "\n")
    return 0 if all(_within_limits(result, form) for form in LIMITS) else 1


def _within_limits(result: dict[str, Any], form: str) -> bool:
    least, most = LIMITS[form]
    return bool(result["times_the_loop"][form] >= least and result["of_bare_engine"][form] <= most)


if __name__ == "__main__":
    sys.exit(main())
