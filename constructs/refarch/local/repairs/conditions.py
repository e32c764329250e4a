"""Conditions of a template see the pseudo parameters. In ministack `AWS::Region` equals nothing but its own name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from refarch.local import adapter

PLACES = ("conditions of a change set", "conditions of a deployment", "conditions of a stack")


def install() -> None:
    for place in PLACES:
        adapter.replace(place, around(adapter.read(place)))


def around(evaluate: Any) -> Any:
    def evaluated(template: Mapping[str, Any], params: Mapping[str, Any]) -> Any:
        return evaluate(template, {**pseudo_parameters(), **params})

    return evaluated


def pseudo_parameters() -> dict[str, dict[str, str]]:
    """Those that are known before there is a stack, in the shape of parameters."""
    values = {
        "AWS::AccountId": adapter.read("account of the request")(),
        "AWS::Partition": "aws",
        "AWS::Region": adapter.read("region of the request")(),
        "AWS::URLSuffix": "amazonaws.com",
    }
    return {name: {"Value": value} for name, value in values.items()}
