"""Roles whose permissions are written out in one place, and reach Node as one document."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aws_cdk import aws_iam as iam
from constructs import Construct, IConstruct

from refarch._shared.acknowledge import answer, wildcards
from refarch._shared.reads import inside


@dataclass(frozen=True, kw_only=True)
class Statement:
    """What is allowed, as plain data: an `iam.PolicyStatement` is a call into Node to make, to add and to read back."""

    actions: Sequence[str]
    resources: Sequence[str]
    sid: str = ""
    conditions: Mapping[str, Any] = field(default_factory=dict)

    why: str = ""
    """Why it needs the `*` that it has, 40 characters or more; for who runs cdk-nag."""

    def as_json(self) -> dict[str, Any]:
        """As IAM writes it."""
        return {
            **({"Sid": self.sid} if self.sid else {}),
            "Effect": "Allow",
            "Action": [*self.actions],
            "Resource": [*self.resources],
            **({"Condition": self.conditions} if self.conditions else {}),
        }

    def as_statement(self) -> iam.PolicyStatement:
        """For policies and principals that are not ours to write."""
        return iam.PolicyStatement.from_json(self.as_json())


def document(statements: Iterable[Statement]) -> iam.PolicyDocument:
    """All of them in one, for one call."""
    return iam.PolicyDocument.from_json({"Statement": [each.as_json() for each in statements]})


class WrittenRole(iam.Role):
    """An `iam.Role` whose statements are written with `allow`, as one document instead of two calls for each.

    Its policy is where the CDK would make it (`DefaultPolicy` below the role), with the same name and logical id. What
    the CDK or its user grants to the role besides joins that policy, so `bucket.grant_read(role)` and
    `role.add_to_policy(...)` work as with any role. One thing differs: a policy of more than 10,240 characters is not
    split into several by itself.

    `answers_on`: where findings are answered. Default: the role. A construct that has one role and few things besides
    answers for all of them at once.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        assumed_by: iam.IPrincipal,
        answers_on: IConstruct | None = None,
        **further: Any,
    ) -> None:
        super().__init__(scope, id, assumed_by=assumed_by, **further)
        inside(self, scope)
        self._written: iam.Policy | None = None
        self._answers_on = answers_on or self

    def allow(self, statements: Iterable[Statement], answers: Iterable[tuple[str, str]] = ()) -> None:
        """Adds statements, and answers for their wildcards; `answers` (rule and reason) are for the role besides."""
        stated = list(statements)
        if self._written is None:
            self._written = iam.Policy(self, "DefaultPolicy", document=document(stated), roles=[self])
        else:
            self._written.add_statements(*(each.as_statement() for each in stated))
        answer(self._answers_on, [*wildcards(self, stated), *answers])

    def add_to_principal_policy(self, statement: iam.PolicyStatement) -> iam.AddToPrincipalPolicyResult:
        """What the CDK calls when it, or a user of the role, grants something: it joins what is written."""
        if self._written is None:
            self._written = iam.Policy(self, "DefaultPolicy", statements=[statement], roles=[self])
        else:
            self._written.add_statements(statement)
        return iam.AddToPrincipalPolicyResult(statement_added=True, policy_dependable=self._written)


def give(role: iam.IRole, statement: Statement) -> None:
    """Adds `statement` to any role. (What `add_to_principal_policy` answers costs two calls more to read.)"""
    if isinstance(role, WrittenRole):
        role.allow([statement])
    elif isinstance(role, iam.Role):
        role.add_to_policy(statement.as_statement())
    else:
        role.add_to_principal_policy(statement.as_statement())
