"""Removing data takes two keys: the prop and the context flag."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import RemovalPolicy

from refarch._shared.removal import REMOVE_DATA_CONTEXT, removal_policy


def stack(flag: Any) -> cdk.Stack:
    return cdk.Stack(cdk.App(context={} if flag is None else {REMOVE_DATA_CONTEXT: flag}), "Test")


def warnings(construct: Any) -> list[str]:
    return [entry.data for entry in construct.node.metadata if entry.type == "aws:cdk:warning"]


@pytest.mark.parametrize("flag", [None, False, "false", "1", "yes", ""])
def test_without_the_second_key_data_is_kept_and_a_warning_says_how(flag: Any) -> None:
    scope = stack(flag)
    assert removal_policy(scope, RemovalPolicy.DESTROY) == RemovalPolicy.RETAIN
    assert f"{REMOVE_DATA_CONTEXT}=true" in warnings(scope)[0]


@pytest.mark.parametrize("flag", [True, "true", "True"])
def test_with_both_keys_data_goes(flag: Any) -> None:
    scope = stack(flag)
    assert removal_policy(scope, RemovalPolicy.DESTROY) == RemovalPolicy.DESTROY
    assert warnings(scope) == []


@pytest.mark.parametrize("asked", [each for each in RemovalPolicy if each != RemovalPolicy.DESTROY])
@pytest.mark.parametrize("flag", [None, "true"])
def test_the_flag_alone_removes_nothing(asked: RemovalPolicy, flag: Any) -> None:
    scope = stack(flag)
    assert removal_policy(scope, asked) == asked
    assert warnings(scope) == []
