"""A cohort before it begins: its sheet is read as a whole, and written as the Distributed Map reads it."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any

from refarch_lambdas.genomics.input_problems import InvalidInput
from refarch_lambdas.genomics.inputs import read_cohort
from refarch_lambdas.genomics.s3_uris import parse_s3_uri
from refarch_lambdas.genomics.sample_sheet import COLUMNS, read_sheet
from refarch_lambdas.genomics.settings import Settings
from refarch_lambdas.genomics.store import Store


def prepare_cohort(document: Mapping[str, Any], settings: Settings, store: Store, execution: str) -> dict[str, Any]:
    """What the Map needs. Raises `InvalidInput` with every problem of the input and of every line of the sheet.

    Comments, blank lines and further columns are for people: the Map gets a clean copy.
    """
    request = read_cohort(document, settings.defaults)
    text = store.text_or_none(request.sheet)
    if text is None:
        raise InvalidInput([f"sampleSheetS3Path is {request.sheet!r}, allowed: an object that exists and may be read"])
    rows = read_sheet(text)
    copy = f"{settings.results.rstrip('/')}/sheets/{execution}.csv"
    store.put_text(copy, clean(rows), "text/csv")
    place = parse_s3_uri(copy)
    return {
        "bucket": place.bucket,
        "key": place.key,
        "common": dict(request.common),
        "samples": len(rows),
        "maxConcurrency": request.max_concurrency,
        "toleratedFailurePercentage": request.tolerated_failure_percentage,
    }


def clean(rows: list[dict[str, str]]) -> str:
    """The sheet with the columns that count."""
    made = io.StringIO()
    writer = csv.DictWriter(made, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return made.getvalue()
