"""Builds the CDK app: one factory for `app.py`, the tests and the gates, with the same feature flags."""

from __future__ import annotations

import difflib
import fnmatch
import json
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import aws_cdk as cdk

from stacks.catalogue import CATALOGUE, Architecture

CDK_JSON = Path(__file__).parent.parent / "cdk.json"
ONLY = "only"
_BUNDLING_STACKS = "aws:cdk:bundling-stacks"
# Stack traces carry random paths of temporary folders: without them two syntheses give the same bytes, sooner. They
# stand here because the CLI warns of such keys in cdk.json.
_NO_TRACES = {"aws:cdk:disable-creation-stack-traces": True, "aws:cdk:disable-stack-trace": True}


class UnknownStackError(LookupError):
    """`-c only=X` names no architecture of the catalogue."""


def build_app(
    names: Sequence[str] | None = None,
    *,
    context: Mapping[str, Any] | None = None,
    outdir: str | None = None,
    validate: bool = False,
) -> cdk.App:
    """An app with the stacks that were asked for, not yet synthesized.

    `names`: stacks or patterns; default: what the CDK CLI or `-c only=` asked for, else all. `context` comes on top
    of cdk.json's. `validate`: check templates with the CDK's built-in rules (adds seconds, so the gates do it once).
    """
    flags = json.loads(CDK_JSON.read_text())["context"]
    app = cdk.App(
        outdir=outdir,
        context={**flags, **_NO_TRACES, **(context or {})},
        builtin_cloud_formation_validation=validate,
    )
    for architecture in selected(names if names is not None else asked_for(app.node.get_all_context())):
        stack_class = getattr(import_module(f"stacks.{architecture.module}"), architecture.stack_class)
        stack_class(app, architecture.name)
    return app


def asked_for(context: Mapping[str, Any]) -> list[str]:
    """The patterns of the command line. The CLI passes names only with `-e`; `list` and `destroy` pass none: all."""
    only = str(context.get(ONLY) or "").replace(",", " ").split()
    for name in only:
        if not _matching([name]):
            raise UnknownStackError(_no_such_stack(name))
    return only or list(context.get(_BUNDLING_STACKS) or [])


def selected(patterns: Sequence[str]) -> list[Architecture]:
    """Those of the catalogue that a pattern names; all of it where none does, so that the CLI can say what is wrong."""
    return _matching(patterns) or list(CATALOGUE)


def _matching(patterns: Sequence[str]) -> list[Architecture]:
    return [each for each in CATALOGUE if any(fnmatch.fnmatchcase(each.name, pattern) for pattern in patterns)]


def _no_such_stack(name: str) -> str:
    names = [each.name for each in CATALOGUE]
    nearest = difflib.get_close_matches(name, names, n=1)
    hint = f"did you mean {nearest[0]!r}?" if nearest else f"there are: {', '.join(names)}"
    return f"-c {ONLY}={name}: no such stack; {hint}"
