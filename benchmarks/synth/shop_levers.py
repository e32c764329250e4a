"""The shop, with those levers of `refarch.fast` that LEVERS names, one by one: collector, validation, traces."""

import os

from refarch.fast import start
from refarch.fast.make import NO_TRACES

LEVERS = os.environ["LEVERS"].split()
if "collector" in LEVERS:
    start()

import aws_cdk as cdk  # noqa: E402

from benchmarks.synth.shop_stack import ShopStack  # noqa: E402

app = cdk.App(
    context=NO_TRACES if "traces" in LEVERS else {},
    builtin_cloud_formation_validation="validation" not in LEVERS,
)
for number in range(int(os.environ.get("STACKS", "1"))):
    ShopStack(app, f"Shop{number}")
app.synth()
