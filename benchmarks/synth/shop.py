"""The shop as an app, as one writes it at first: STACKS=n builds n of them."""

import os

import aws_cdk as cdk

from benchmarks.synth.shop_stack import ShopStack

app = cdk.App(analytics_reporting=False)
for number in range(int(os.environ.get("STACKS", "1"))):
    ShopStack(app, f"Shop{number}")
app.synth()
