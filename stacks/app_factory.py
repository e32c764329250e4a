"""Builds the CDK app: one factory for `app.py`, the tests and the gates, with the same feature flags."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import aws_cdk as cdk

from refarch import fast
from refarch.fast import UnknownStackError as UnknownStackError
from stacks.catalogue import CATALOGUE, Architecture

CDK_JSON = Path(__file__).parent.parent / "cdk.json"


def build_app(
    names: Sequence[str] | None = None,
    *,
    context: Mapping[str, Any] | None = None,
    outdir: str | None = None,
    validate: bool | None = False,
) -> cdk.App:
    """An app with the stacks that were asked for, not yet synthesized.

    `names`: stacks or patterns; default: what the CDK CLI or `-c only=` asked for, else all. `context` comes on top
    of cdk.json's. `validate`: check templates with the CDK's built-in rules (adds seconds, so the gates do it once);
    None: when the command line asks for it.
    """
    flags = json.loads(CDK_JSON.read_text())["context"]
    app = fast.app(validate=validate, context={**flags, **(context or {})}, outdir=outdir)
    for architecture in selected(names if names is not None else asked_for(app.node.get_all_context())):
        stack_class = getattr(import_module(f"stacks.{architecture.module}"), architecture.stack_class)
        stack_class(app, architecture.name)
    return app


def asked_for(context: Mapping[str, Any]) -> list[str]:
    """The patterns of the command line; none where it names none."""
    return fast.asked_for(context, [each.name for each in CATALOGUE])


def selected(patterns: Sequence[str]) -> list[Architecture]:
    """Those of the catalogue that a pattern names; all of it where none does, so that the CLI can say what is wrong."""
    chosen = fast.selected(patterns, [each.name for each in CATALOGUE])
    return [each for each in CATALOGUE if each.name in chosen]
