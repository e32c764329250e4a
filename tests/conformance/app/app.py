"""The CDK app of the conformance suite: one stack for each group of behaviours, synthesized once a session."""

from __future__ import annotations

import gc
import json
import sys
from pathlib import Path

gc.disable()  # an app only builds up; collecting in between costs a fifth of its time
sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

import aws_cdk as cdk  # noqa: E402

from tests.conformance.app import (  # noqa: E402
    alarms,
    compute,
    custom,
    delivery,
    functions,
    lifecycle,
    messages,
    objects,
    permissions,
    settings,
    web,
    workflows,
)

FLAGS = json.loads(Path(__file__).resolve().parents[3].joinpath("cdk.json").read_text())["context"]


def main() -> None:
    app = cdk.App(context=FLAGS | {"@aws-cdk/core:validateAgainstDefaultRules": False})
    objects.Objects(app, "Objects")
    messages.Messages(app, "Messages")
    delivery.Delivery(app, "Delivery")
    functions.Functions(app, "Functions")
    workflows.Workflows(app, "Workflows")
    web.Web(app, "Web")
    compute.Compute(app, "Compute")
    alarms.Alarms(app, "Alarms")
    settings.Settings(app, "Settings")
    custom.Custom(app, "Custom")
    permissions.Permissions(app, "Permissions")
    lifecycle.add_to(app)
    app.synth()


if __name__ == "__main__":
    main()
