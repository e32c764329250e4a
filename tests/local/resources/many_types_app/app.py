"""A CDK app of more than 150 resource types. Context: changed=true is its update, wrong=true one that must fail."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from aws_cdk import App
from everyday import Everyday
from rare import Rare
from serverless import Serverless

app = App()
changed = str(app.node.try_get_context("changed")) == "true"
wrong = str(app.node.try_get_context("wrong")) == "true"
Everyday(app, "Everyday", changed=changed, wrong=wrong)
Serverless(app, "Serverless", changed=changed)
Rare(app, "Rare", changed=changed, wrong=wrong)
app.synth()
