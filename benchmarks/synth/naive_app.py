"""The catalogue as an app without any of the levers: everything imported and built, default settings of the CDK."""

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "constructs"), str(ROOT / "lambdas")]

from importlib import import_module  # noqa: E402

import aws_cdk as cdk  # noqa: E402

from stacks.catalogue import CATALOGUE  # noqa: E402

classes = [(each.name, getattr(import_module(f"stacks.{each.module}"), each.stack_class)) for each in CATALOGUE]
app = cdk.App(context=json.loads((ROOT / "cdk.json").read_text())["context"])
for name, stack in classes:
    stack(app, name)
app.synth()
