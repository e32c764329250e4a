"""The secret of RTMPS: a certificate with its private key. Checked before anything depends on it."""

from __future__ import annotations

import json
import re
import ssl
import tempfile
from typing import Any

FIELDS = ("certificate", "private_key")
_BEGINS = {
    "certificate": re.compile(r"-----BEGIN CERTIFICATE-----"),
    "private_key": re.compile(r"-----BEGIN (?:RSA |EC )?PRIVATE KEY-----"),
}


def pem(secret: str) -> str:
    """The text of nginx's file, from JSON {"certificate": "PEM", "private_key": "PEM"}; chains follow the certificate.

    Raises `ValueError` with every problem. The message never holds the secret.
    """
    found = _parsed(secret)
    problems = [problem for name in FIELDS if (problem := _problem(name, found.get(name)))]
    if unknown := sorted(found.keys() - set(FIELDS)):
        problems.append(f"{', '.join(map(repr, unknown))}: no such field")
    if problems:
        raise ValueError(f"the certificate's secret: {'; '.join(problems)}")
    text = "".join(found[name].strip() + "\n" for name in FIELDS)
    _belong_together(text)
    return text


def _parsed(secret: str) -> dict[str, Any]:
    try:
        found = json.loads(secret)
    except json.JSONDecodeError:
        found = None
    if not isinstance(found, dict):
        raise ValueError(f"the certificate's secret is no JSON object, allowed: one with {' and '.join(FIELDS)}")
    return found


def _problem(name: str, value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        return f"{name} is missing, allowed: PEM"
    if "ENCRYPTED" in value:
        return f"{name} is encrypted, allowed: PEM without a password"
    return "" if _BEGINS[name].search(value) else f"{name} is no PEM, allowed: {_BEGINS[name].pattern}…"


def _belong_together(text: str) -> None:
    with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:  # only its owner may read it
        file.write(text)
        file.flush()
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(file.name)
        except ssl.SSLError as error:
            told = error.reason or "it cannot be read"
            raise ValueError(f"the certificate's secret: certificate and private_key do not fit: {told}") from None
