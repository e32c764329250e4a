"""A stack to put constructs into, with the feature flags of cdk.json."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest

from stacks.app_factory import CDK_JSON

FLAGS = json.loads(CDK_JSON.read_text())["context"]


class Bench:
    """One app with one stack, and the template that comes of it."""

    def __init__(self, outdir: str, context: Mapping[str, Any] | None = None) -> None:
        self.app = cdk.App(
            outdir=outdir,
            context={**FLAGS, **(context or {})},
            builtin_cloud_formation_validation=False,
            analytics_reporting=False,
            tree_metadata=False,
        )
        self.stack = cdk.Stack(self.app, "Test")

    def template(self, stack: cdk.Stack | None = None) -> dict[str, Any]:
        """The template; from then on nothing can be added."""
        path = Path(self.app.synth().directory, f"{(stack or self.stack).artifact_id}.template.json")
        template: dict[str, Any] = json.loads(path.read_text())
        return template

    def resources(self, kind: str = "", stack: cdk.Stack | None = None) -> dict[str, dict[str, Any]]:
        """Logical id to the properties of the resources of a type (every type where none is named)."""
        found = self.template(stack)["Resources"].items()
        return {name: each.get("Properties", {}) for name, each in found if not kind or each["Type"] == kind}

    @staticmethod
    def named(resources: dict[str, dict[str, Any]], word: str) -> dict[str, Any]:
        """The properties of the one resource whose logical id begins so."""
        [found] = [each for name, each in resources.items() if name.startswith(word)]
        return found

    @staticmethod
    def actions(policies: dict[str, dict[str, Any]], word: str) -> dict[str, list[Any]]:
        """Action to the resources it is allowed on, in the policy whose logical id begins so."""
        allowed: dict[str, list[Any]] = {}
        for statement in Bench.named(policies, word)["PolicyDocument"]["Statement"]:
            of, on = statement["Action"], statement["Resource"]
            for action in of if isinstance(of, list) else [of]:
                allowed.setdefault(action, []).extend(on if isinstance(on, list) else [on])
        return allowed


@pytest.fixture
def bench(new_bench: Callable[..., Bench]) -> Bench:
    return new_bench()


@pytest.fixture
def new_bench(tmp_path: Path) -> Callable[..., Bench]:
    """Makes benches with a context of their own."""
    numbers = itertools.count()
    return lambda context=None: Bench(str(tmp_path / f"cdk.out{next(numbers)}"), context)
