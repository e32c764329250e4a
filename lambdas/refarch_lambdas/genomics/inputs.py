"""The input of a genomics run: both shapes of the original, checked as a whole before anything starts. Pure.

The v1 shape (the posts) names a sample, its FASTQ files and a folder for results; all paths follow from these. The v2
shape gives each job its paths, all optional. Either becomes one `SampleRequest`: for each step every parameter of its
job definition. Schemas for editors and other programs lie in `schemas/`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from refarch_lambdas.genomics.input_problems import InputProblems, InvalidInput
from refarch_lambdas.genomics.input_v1 import COHORT_KEYS, read_v1
from refarch_lambdas.genomics.input_v2 import looks_like_v2, read_v2
from refarch_lambdas.genomics.requests import PARAMETERS, STEPS, SampleRequest, StepRequest

__all__ = [
    "PARAMETERS",
    "STEPS",
    "CohortRequest",
    "InvalidInput",
    "SampleRequest",
    "StepRequest",
    "read_cohort",
    "read_sample",
]

Defaults = Mapping[str, Mapping[str, str]]
MOST_CONCURRENT = 1000
_PLACEHOLDER = {
    "sampleId": "sample",
    "fastq1S3Path": "s3://placeholder/1.fq.gz",
    "fastq2S3Path": "s3://placeholder/2.fq.gz",
}


@dataclass(frozen=True, kw_only=True)
class CohortRequest:
    """Many samples: `sheet` is the S3 URI of the sample sheet, `common` the v1 document without the sample."""

    sheet: str
    common: Mapping[str, Any]
    tolerated_failure_percentage: float = 0.0
    max_concurrency: int = 10


def read_sample(document: Mapping[str, Any], defaults: Defaults) -> SampleRequest:
    """The request in a document of either shape, or of a cohort's child (`{"sample": row, "common": document}`).

    `defaults`: step → parameter → value, used where the document says nothing; a blank one counts as none.
    Raises `InvalidInput` with every problem: the field, the value got, what is allowed.
    """
    problems = InputProblems()
    merged = _merged(document, problems)
    problems.raise_any()
    request = read_v2(merged, defaults, problems) if looks_like_v2(merged) else read_v1(merged, defaults, problems)
    problems.raise_any()
    return request


def read_cohort(document: Mapping[str, Any], defaults: Defaults) -> CohortRequest:
    """The request for all samples of a sheet. Raises `InvalidInput` with every problem."""
    problems = InputProblems()
    if not problems.is_object("input", document):
        problems.raise_any()
    own = {key: document[key] for key in COHORT_KEYS if key in document}
    common = {key: value for key, value in document.items() if key not in COHORT_KEYS}
    for key in _PLACEHOLDER:
        problems.check(key not in common, key, common.get(key), "nothing: the sample sheet names each sample")
    sheet = problems.s3("sampleSheetS3Path", own.get("sampleSheetS3Path")) or ""
    tolerated = problems.number("toleratedFailurePercentage", own.get("toleratedFailurePercentage", 0), 0, 100)
    concurrency = problems.number("maxConcurrency", own.get("maxConcurrency", 10), 1, MOST_CONCURRENT, whole=True)
    read_v1({**common, **_PLACEHOLDER}, defaults, problems)
    problems.raise_any()
    return CohortRequest(
        sheet=sheet, common=common, tolerated_failure_percentage=tolerated, max_concurrency=int(concurrency)
    )


def _merged(document: Any, problems: InputProblems) -> Mapping[str, Any]:
    """A child of a cohort as a v1 document; any other document as it is."""
    if not problems.is_object("input", document) or "sample" not in document:
        return document if isinstance(document, Mapping) else {}
    parts = {key: document.get(key, {}) for key in ("sample", "common")}
    objects = [problems.is_object(key, value) for key, value in parts.items()]
    if not all(objects):
        return {}
    row = {key: value for key, value in parts["sample"].items() if key in _PLACEHOLDER}
    return {**parts["common"], **row}
