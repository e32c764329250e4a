"""Removal of stateful resources takes two keys."""

from __future__ import annotations

from aws_cdk import Annotations, RemovalPolicy
from constructs import Construct

REMOVE_DATA_CONTEXT = "refarch:remove-data-on-destroy"
"""The second key: a context flag of the whole app (`-c refarch:remove-data-on-destroy=true`)."""


def removal_policy(scope: Construct, asked: RemovalPolicy) -> RemovalPolicy:
    """The policy to use where `asked` was given in props: DESTROY only counts when the context flag is set too.

    Otherwise the data is kept (RETAIN) and the construct carries a warning that says how to turn the second key.
    """
    if asked != RemovalPolicy.DESTROY or removal_allowed(scope):
        return asked
    Annotations.of(scope).add_warning_v2(
        "refarch:data-kept",
        f"removal_policy=DESTROY is ignored and the data is kept: also set the context {REMOVE_DATA_CONTEXT}=true",
    )
    return RemovalPolicy.RETAIN


def removal_allowed(scope: Construct) -> bool:
    """Whether the app's context allows data to be removed with its stack."""
    return str(scope.node.try_get_context(REMOVE_DATA_CONTEXT)).lower() == "true"
