"""An app with the slow defaults off, and the stacks that were asked for in it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

from refarch.fast.selection import asked_for, selected

if TYPE_CHECKING:
    import aws_cdk as cdk

VALIDATE = "validate"
# Stack traces carry random paths of temporary folders: without them two syntheses give the same bytes, sooner. They
# are set in the app because the CLI warns of such keys in cdk.json.
NO_TRACES: Mapping[str, bool] = {
    "aws:cdk:disable-creation-stack-traces": True,
    "aws:cdk:disable-stack-trace": True,
}


def app(
    *, validate: bool | None = None, context: Mapping[str, Any] | None = None, outdir: str | None = None
) -> cdk.App:
    """A `cdk.App` without stack traces in its metadata, whose templates are checked only when somebody asks.

    `validate`: run the CDK's built-in template rules, which cost seconds in each process. Default: only with
    `-c validate=true` on the command line; give CI one step that does. (`CDK_VALIDATION` in the environment goes before
    both, as the CDK has it.) `context`: of the app, below that of the command line. `outdir`: as of `cdk.App`.
    """
    import aws_cdk as cdk

    return cdk.App(
        outdir=outdir,
        context={**NO_TRACES, **(context or {})},
        builtin_cloud_formation_validation=validation_asked_for() if validate is None else validate,
    )


def validation_asked_for() -> bool:
    """Whether the command line says `-c validate=true`."""
    return str(json.loads(os.environ.get("CDK_CONTEXT_JSON") or "{}").get(VALIDATE)).lower() == "true"


def build(app: cdk.App, stacks: Mapping[str, str], *, together: Iterable[Sequence[str]] = ()) -> list[cdk.Stack]:
    """Builds the stacks that were asked for with `-e` or `-c only=`, else all; only their modules are imported.

    `stacks`: name to `module:Class`; each class is called as `Class(app, name)`. `together`: groups of stacks that
    reference one another; a stack of a group is never built without the others. Raises `UnknownStackError` where
    `-c only=` names none of them.
    """
    names = selected(asked_for(app.node.get_all_context(), list(stacks)), list(stacks), together)
    return [_class(stacks[name])(app, name) for name in names]


def _class(place: str) -> Any:
    module, _, name = place.partition(":")
    return getattr(import_module(module), name)
