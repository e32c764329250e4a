"""The job's result in two forms: CSV as the original's article shows it (`67.23.87,5.87`), and one JSON object.

Both are written line by line, so a result may be larger than memory.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Any, Final

from refarch_lambdas.mapreduce.runs import Tally
from refarch_lambdas.mapreduce.user_code import Pair

_BATCH: Final = 1000


def write_results(
    pairs: Iterable[Pair],
    csv_path: Path,
    json_path: Path,
    header: tuple[str, ...] | None = None,
    key_columns: int = 1,
) -> Tally:
    """Write unique keys in order to both files.

    CSV: quoting as the csv module does, lines end with a line feed, `header` first if given. A list becomes several
    columns; an object, and whatever a list holds beyond numbers and text, becomes JSON text; null an empty field.
    With more than one of `key_columns` a key is a JSON list, whose items become columns.
    """
    tally = Tally()
    remaining = iter(pairs)
    with (
        csv_path.open("w", encoding="utf-8", errors="backslashreplace", newline="") as table,
        json_path.open("w", encoding="ascii") as document,
    ):
        writer = csv.writer(table, lineterminator="\n")
        if header:
            writer.writerow(header)
        document.write("{")
        while batch := list(islice(remaining, _BATCH)):
            writer.writerows(_row(key, value, key_columns) for key, value in batch)
            document.write(",\n" if tally.pairs else "\n")
            document.write(
                ",\n".join(f"{json.dumps(key)}: {json.dumps(value, allow_nan=False)}" for key, value in batch)
            )
            tally.add(batch)
        document.write("\n}\n" if tally.pairs else "}\n")
    return tally


def _row(key: str, value: Any, key_columns: int) -> list[Any]:
    keys = [key] if key_columns == 1 else json.loads(key)
    if isinstance(value, (list, tuple)):
        return [*keys, *map(_field, value)]
    return [*keys, _field(value)]


def _field(value: Any) -> Any:
    if value is None or (isinstance(value, (str, int, float)) and not isinstance(value, bool)):
        return value
    return json.dumps(value, allow_nan=False)
