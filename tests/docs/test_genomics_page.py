"""What the page of Genomics shows works: its example is run as it stands."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "architectures" / "genomics.md"


def test_the_parts_compose_as_the_page_says(tmp_path: Path) -> None:
    [example] = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    (tmp_path / "app.py").write_text(example)
    environment = {**os.environ, "CDK_OUTDIR": str(tmp_path / "out")}
    subprocess.run([sys.executable, "app.py"], cwd=tmp_path, env=environment, check=True, capture_output=True)
    template = json.loads((tmp_path / "out" / "Renders.template.json").read_text())
    [job] = [each for each in template["Resources"].values() if each["Type"] == "AWS::Batch::JobDefinition"]
    assert job["Properties"]["ContainerProperties"]["Command"] == ["--scene", "Ref::Scene"]
