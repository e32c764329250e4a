"""Lambda entry point of the quality gate: reads the statistics, judges, keeps the report."""

from __future__ import annotations

from functools import cache
from typing import Any

import boto3

from refarch_lambdas.genomics.quality import count_variants, genome_length, metrics, report, summary_numbers
from refarch_lambdas.genomics.store import Store


@cache
def _store() -> Store:
    return Store(boto3.client("s3"))


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """`passed`, `summary`, and all else of `qc.json`. The large VCF is only read when a threshold asks for it."""
    gate, store = event["gate"], _store()
    index = store.text_or_none(gate["referenceIndexS3Path"])
    variants = count_variants(store.gzip_lines(gate["vcfS3Path"])) if "minVariants" in gate["thresholds"] else None
    numbers = summary_numbers(store.text(gate["bamStatsS3Path"]))
    found = report(gate, metrics(numbers, genome_length(index) if index else None, variants))
    store.put_json(gate["qcS3Path"], found)
    return found
