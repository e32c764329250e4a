"""An app of two stacks, one of which imports from the other, as `cdk synth` would leave it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

QUEUE = {
    "Type": "AWS::SQS::Queue",
    "Properties": {"VisibilityTimeout": 60},
    "DeletionPolicy": "Retain",
    "UpdateReplacePolicy": "Retain",
}
ORDERS = {
    "Resources": {"Queue": QUEUE},
    "Outputs": {"Out": {"Value": {"Fn::GetAtt": ["Queue", "Arn"]}, "Export": {"Name": "queue"}}},
}
TOPIC = {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Fn::ImportValue": "queue"}}}


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two templates; it is `new` in the current folder."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "new"
    folder.mkdir()
    (folder / "Orders.template.json").write_text(json.dumps(ORDERS))
    (folder / "News.template.json").write_text(json.dumps({"Resources": {"Topic": TOPIC}}))
    return folder
