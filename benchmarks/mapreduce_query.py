"""How fast a mapper of a declarative job is: beside the original's loop, and beside its bare engine on the same file.

    python -m benchmarks.mapreduce_query [--quick] [--output FILE]

The article's query, from CSV and from Parquet with the same rows, in turns, in this process, on one thread. CPU seconds
are compared turn by turn, and the median counts. The projection for the article's 25.4 GB is by dated prices.
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

from benchmarks.mapreduce_engine import bare_loop, run_mapper, visits
from refarch_lambdas.mapreduce import pricing
from refarch_lambdas.mapreduce.query.check import parse
from refarch_lambdas.mapreduce.query.job import query_job

NAMES: Final = (
    *("sourceIP", "destURL", "visitDate", "adRevenue", "userAgent"),
    *("countryCode", "languageCode", "searchWord", "duration"),
)
ROWS: Final = 740_000  # about 118 MB
# What was aimed at, and what this bench insists on. No engine that was measured parses this text at ten times the loop
# on one core, not even bare (docs/decisions): the report says which aims are met, the limits catch a step back.
AIMS: Final = {"times_the_loop": 10.0, "of_bare_engine": 1.5}
LIMITS: Final = {"csv": (2.0, 2.2), "parquet": (4.0, 12.0)}  # at least times the loop, at most of the bare engine
ARTICLE_BYTES: Final = 25.4e9
ARTICLE_CENTS: Final = 2.49
# A Lambda reads S3 at some 75 MB/s whatever its memory: below that speed of the code it is the code that counts.
NETWORK_MB_PER_SECOND: Final = 75.0
MEMORY_MB: Final = 1769


def document(form: str) -> dict[str, Any]:
    """The article's query."""
    columns = [{"name": name, "type": "number" if name == "adRevenue" else "text"} for name in NAMES]
    return {
        "format": form,
        "columns": columns,
        "group_by": [{"column": "sourceIP", "start": 1, "length": 8}],
        "aggregates": [{"function": "sum", "column": "adRevenue"}],
    }


def mapper(form: str, path: Path) -> Callable[[], object]:
    """One whole mapper task over the file: plan, read, aggregate, sort, write, commit."""
    query, problems = parse(document(form))
    if query is None:
        raise ValueError(problems)
    job, size = query_job(query), path.stat().st_size
    return lambda: run_mapper(job, path, size)


def bare_engine(table: str) -> Callable[[], object]:
    """DuckDB alone on one thread, told all that there is to know of the file."""
    connection = duckdb.connect(config={"threads": 1})
    return lambda: connection.execute(f"SELECT substr(sourceIP,1,8), sum(adRevenue) FROM {table} GROUP BY 1").fetchall()  # noqa: S608


def csv_table(path: Path) -> str:
    columns = ",".join(f"'{name}':'{'DOUBLE' if name == 'adRevenue' else 'VARCHAR'}'" for name in NAMES)
    return (
        f"read_csv('{path}',columns={{{columns}}},header=false,auto_detect=false,delim=',',quote='',escape='',"
        "strict_mode=true)"
    )


def measure(text: Path, parquet: Path, turns: int) -> dict[str, list[float]]:
    """CPU seconds by what ran, turn by turn."""
    runs = {
        "loop": lambda: bare_loop(text),
        "csv_engine": bare_engine(csv_table(text)),
        "csv_job": mapper("csv", text),
        "parquet_engine": bare_engine(f"read_parquet('{parquet}')"),
        "parquet_job": mapper("parquet", parquet),
    }
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(turns):
        for name, run in runs.items():
            begin = time.process_time()
            run()
            seconds[name].append(time.process_time() - begin)
    return seconds


def ratio(seconds: dict[str, list[float]], one: str, other: str) -> float:
    """The median over the turns: both of a turn had the same neighbours on the machine."""
    return round(statistics.median(a / b for a, b in zip(seconds[one], seconds[other], strict=True)), 2)


def cents(megabytes_per_second: float) -> float:
    """Lambda's price in US cents for mapping the article's 25.4 GB of text at this speed."""
    seconds = ARTICLE_BYTES / 1e6 / megabytes_per_second
    usage = pricing.Usage(mapper_gb_seconds=seconds * MEMORY_MB / 1024)
    return round(pricing.cost_of(usage, region=pricing.DEFAULT_REGION).total * 100, 2)


def report(seconds: dict[str, list[float]], size: int, rows: int) -> dict[str, Any]:
    median = {name: statistics.median(times) for name, times in seconds.items()}
    text_speed = size / median["csv_job"] / 1e6
    return {
        "rows": rows,
        "bytes": size,
        "cpu_seconds": seconds,
        "rows_per_second_per_core": {name: round(rows / value) for name, value in median.items()},
        "csv_megabytes_per_second_per_core": round(text_speed, 1),
        "times_the_loop": {form: ratio(seconds, "loop", f"{form}_job") for form in ("csv", "parquet")},
        "of_bare_engine": {form: ratio(seconds, f"{form}_job", f"{form}_engine") for form in ("csv", "parquet")},
        "aims": AIMS,
        "limits": LIMITS,
        "cents_at_25_4_gb": {
            "article": ARTICLE_CENTS,
            "csv_by_cpu_alone": cents(text_speed),
            "csv_at_network_speed": cents(min(text_speed, NETWORK_MB_PER_SECOND)),
        },
    }


def main() -> int:
    """Exit code 1 when a limit is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer turns")
    parser.add_argument("--output", type=Path, help="write the numbers as JSON to this file")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        text, parquet = Path(folder) / "uservisits", Path(folder) / "uservisits.parquet"
        with text.open("w") as file:
            file.writelines(visits(ROWS))
        duckdb.execute(f"COPY (SELECT * FROM {csv_table(text)}) TO '{parquet}' (FORMAT parquet)")  # noqa: S608
        result = report(measure(text, parquet, 3 if arguments.quick else 7), text.stat().st_size, ROWS)
    print(json.dumps(result, indent=2))
    if arguments.output:
        arguments.output.write_text(json.dumps(result, indent=2) + "\n")
    return 0 if all(_within_limits(result, form) for form in LIMITS) else 1


def _within_limits(result: dict[str, Any], form: str) -> bool:
    least, most = LIMITS[form]
    return bool(result["times_the_loop"][form] >= least and result["of_bare_engine"][form] <= most)


if __name__ == "__main__":
    sys.exit(main())
