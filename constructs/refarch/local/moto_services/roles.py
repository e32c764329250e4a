"""Roles live in the emulator; moto looks for the role of a pipeline in its own store, so it is put there before."""

from __future__ import annotations

import json

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "codepipeline.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}


def of_pipeline(account: str, body: bytes) -> None:
    """Make the role that a CreatePipeline or UpdatePipeline names known to moto. Whether the emulator has it, and
    whom it trusts, is not asked."""
    try:
        arn = json.loads(body)["pipeline"]["roleArn"]
    except (ValueError, KeyError, TypeError):
        return
    from moto.iam.models import iam_backends

    store, name = iam_backends[account]["aws"], str(arn).rpartition("/")[2]
    path = "/" + str(arn).partition(":role/")[2].removesuffix(name)
    if all(role.arn != arn for role in store.roles.values()):
        store.create_role(
            role_name=name,
            assume_role_policy_document=json.dumps(TRUST),
            path=path,
            permissions_boundary=None,
            description="",
            tags=[],
            max_session_duration="3600",
        )
