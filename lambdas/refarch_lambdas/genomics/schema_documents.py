"""JSON Schemas (2020-12) of the inputs, made from the tables that the reader uses; `schemas/` has them as files.

A schema cannot say that two fields must differ or that a path has no '..': the reader checks that as well.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from refarch_lambdas.genomics import input_v1, input_v2
from refarch_lambdas.genomics.requests import PARAMETERS, STEPS, THRESHOLDS

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_URI: Mapping[str, Any] = {"type": "string", "pattern": r"^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/\S+$"}
_TEXT: Mapping[str, Any] = {"type": "string"}
_NAME: Mapping[str, Any] = {"type": "string", "pattern": r"^\S*$"}
_FOLDER: Mapping[str, Any] = {"type": "string", "pattern": r"^(/[A-Za-z0-9._-]+)+/?$"}
_COMMON: Mapping[str, Any] = {
    "sampleId": {"type": "string", "pattern": r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$"},
    "force": {"type": "boolean", "description": "run again what has results already"},
    "comment": _TEXT,
}
_STEP_FIELDS: Mapping[str, Any] = {
    "jobDefinition": _NAME,
    "jobQueue": _NAME,
    "cmdArgs": _TEXT,
    "memory": {"type": ["number", "string"], "description": "GiB for the tool"},
    "vcpus": {"type": "integer", "minimum": 1},
    "referenceS3Path": _URI,
    "databaseS3Path": _URI,
}


def documents() -> dict[str, dict[str, Any]]:
    """File name → schema."""
    made = {"sample-v1": sample_v1(), "sample-v2": sample_v2(), "cohort": cohort()}
    return {f"{name}.schema.json": {"$schema": _DIALECT, **schema} for name, schema in made.items()}


def sample_v1() -> dict[str, Any]:
    """The shape of the posts; `referenceS3Path` may come from the stack, so it is not required."""
    required = ["sampleId", "fastq1S3Path", "fastq2S3Path", "resultsS3Path"]
    return _object("A sample (v1)", _v1_properties(input_v1.DOCUMENT_KEYS), required=required)


def sample_v2() -> dict[str, Any]:
    """Parameters of the four jobs; everything may come from the stack."""
    jobs = {name: _object(step, _job_properties(step)) for step, name in input_v2.STEP_KEYS.items()}
    return _object("A sample (v2)", {**_COMMON, "qc": _thresholds(), **jobs})


def cohort() -> dict[str, Any]:
    """A v1 document with a sample sheet in place of the sample."""
    keys = [key for key in input_v1.DOCUMENT_KEYS if key not in {"sampleId", "fastq1S3Path", "fastq2S3Path"}]
    own = {
        "sampleSheetS3Path": _URI,
        "toleratedFailurePercentage": {"type": "number", "minimum": 0, "maximum": 100},
        "maxConcurrency": {"type": "integer", "minimum": 1, "maximum": 1000},
    }
    return _object("A cohort", {**own, **_v1_properties(keys)}, required=["sampleSheetS3Path", "resultsS3Path"])


def _v1_properties(keys: Collection[str]) -> dict[str, Any]:
    steps = {
        name: _object(step, _fields((*input_v1.STEP_FIELDS, *input_v1.FURTHER_FIELDS.get(step, ()))))
        for step in STEPS
        for name in input_v1.STEP_KEYS[step]
    }
    known = {**_COMMON, "qc": _thresholds(), "workingDir": _FOLDER, **steps}
    return {key: known.get(key, _URI) for key in keys}


def _fields(names: Collection[str]) -> dict[str, Any]:
    return {name: _STEP_FIELDS[name] for name in names}


def _job_properties(step: str) -> dict[str, Any]:
    kinds = {"CommandArgs": _TEXT, "WorkingDir": _FOLDER, "DatabaseS3Path": _TEXT}
    return {"JobName": _TEXT, **{name: kinds.get(name, _URI) for name in PARAMETERS[step]}}


def _thresholds() -> dict[str, Any]:
    limits = {name: {"type": "number", "minimum": low, "maximum": high} for name, (low, high) in THRESHOLDS.items()}
    return _object("Thresholds of the quality gate", limits)


def _object(title: str, properties: Mapping[str, Any], *, required: Collection[str] = ()) -> dict[str, Any]:
    schema: dict[str, Any] = {"title": title, "type": "object", "properties": dict(properties)}
    schema |= {"required": list(required)} if required else {}
    return {**schema, "additionalProperties": False}
