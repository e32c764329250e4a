"""Secrets, read by the instance's role and handed on in memory: no file, argument or log holds them on the way."""

from __future__ import annotations

import json
from collections.abc import Sequence

from refarch.web.lamp_setup.failures import StepFailed, run

STEP = "read the secrets"


def secret_text(name: str) -> str:
    """The secret's current text. Raises `StepFailed` when the role may not read it, or there is none."""
    query = ["--query", "SecretString", "--output", "text"]
    text = run(STEP, ["aws", "secretsmanager", "get-secret-value", "--secret-id", name, *query], limit=60)
    return text[:-1] if text.endswith("\n") else text


def secret_fields(name: str, fields: Sequence[str]) -> dict[str, str]:
    """Fields of a secret that is a JSON object. The error names what is missing, never what is there."""
    try:
        found = json.loads(secret_text(name))
    except ValueError as error:
        raise StepFailed(STEP, f"{name} is not JSON") from error
    missing = [field for field in fields if not isinstance(found, dict) or not str(found.get(field, ""))]
    if missing:
        raise StepFailed(STEP, f"{name} has no {' and no '.join(missing)}")
    return {field: str(found[field]) for field in fields}
