"""The post's query computed by other means: SQLite over the raw rows, exact to the last millionth of a dollar."""

from __future__ import annotations

import csv
import io
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rehearsals.uservisits import InputObject, text_of

MILLIONTHS = 1_000_000
_QUERY = """
    SELECT SUBSTR(sourceIP, 1, 8), SUM(adRevenue), COUNT(*)
    FROM uservisits GROUP BY SUBSTR(sourceIP, 1, 8)
"""


@dataclass(frozen=True)
class Totals:
    """Rows read, and by the first 8 characters of the source address the revenue in whole millionths of a dollar."""

    rows: int
    revenue: Mapping[str, int]


def totals(found: Iterable[InputObject]) -> Totals:
    """The query of the post. Whole numbers, so that no order of additions can change a sum."""
    database = sqlite3.connect(":memory:")
    database.execute("CREATE TABLE uservisits (sourceIP TEXT, adRevenue INTEGER)")
    for each in found:
        rows = csv.reader(io.StringIO(text_of(each), newline=""))
        database.executemany(
            "INSERT INTO uservisits VALUES (?, ?)", ((row[0], round(float(row[3]) * MILLIONTHS)) for row in rows if row)
        )
    answer = database.execute(_QUERY).fetchall()
    database.close()
    return Totals(rows=sum(count for _, _, count in answer), revenue={key: revenue for key, revenue, _ in answer})


def differences(expected: Totals, result: Mapping[str, float]) -> list[str]:
    """What is wrong with a job's result, a line each; nothing when every key has its exact total."""
    problems = [f"{key}: expected, missing" for key in sorted(expected.revenue.keys() - result.keys())]
    problems += [f"{key}: not expected" for key in sorted(result.keys() - expected.revenue.keys())]
    for key in sorted(expected.revenue.keys() & result.keys()):
        got = round(result[key] * MILLIONTHS)
        if got != expected.revenue[key]:
            problems.append(f"{key}: expected {expected.revenue[key] / MILLIONTHS:.6f}, got {result[key]:.6f}")
    return problems
