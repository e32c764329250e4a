"""A cloud that enforces permissions, and roles and functions in it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from refarch.local import LocalCloud

ACCOUNT = "000000000000"
SAYS = "def handler(event, context): print('came'); return {'came': True}"


@pytest.fixture(scope="session")
def strict(bench: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with LocalCloud.start(directory=tmp_path_factory.mktemp("strict"), enforce_permissions=True) as cloud:
        yield type(bench)(cloud)


@pytest.fixture(scope="session")
def role(strict: Any) -> Callable[..., str]:
    """(service that may assume it, then (action, resource) pairs) -> the name of a new role."""

    def made_role(service: str, *grants: tuple[str, str]) -> str:
        iam, name = strict.cloud.client("iam"), strict.name("role")
        trust = {"Effect": "Allow", "Principal": {"Service": f"{service}.amazonaws.com"}, "Action": "sts:AssumeRole"}
        made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy(trust))
        if grants:
            statements = [{"Effect": "Allow", "Action": action, "Resource": on} for action, on in grants]
            iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=policy(*statements))
        return str(made["Role"]["Arn"])

    return made_role


@pytest.fixture
def function(strict: Any, role: Any) -> tuple[str, str]:
    """(name, ARN) of a function that prints `came`, and may do nothing else."""
    name = strict.function(SAYS, Role=role("lambda", ("logs:*", "*")))
    return name, f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{name}"


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
