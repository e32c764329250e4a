"""Lambda entry point of the first state: the input is checked as a whole, and a plan is made of it."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

import boto3

from refarch_lambdas.genomics.cohorts import prepare_cohort
from refarch_lambdas.genomics.inputs import read_sample
from refarch_lambdas.genomics.outputs import looked_at
from refarch_lambdas.genomics.plan import make_plan
from refarch_lambdas.genomics.settings import Settings, read_settings
from refarch_lambdas.genomics.store import Store


@cache
def _store() -> Store:
    return Store(boto3.client("s3"))


@cache
def _settings(text: str) -> Settings:
    return read_settings(text)


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """`kind` "run": the plan. `kind` "cohort": the sheet and its settings. Raises `InvalidInput`."""
    settings = _settings(os.environ["GENOMICS_SETTINGS"])
    if event["kind"] == "cohort":
        return prepare_cohort(event["document"], settings, _store(), event["execution"])
    request = read_sample(event["document"], settings.defaults)
    return make_plan(request, settings, _store().look(looked_at(request)))
