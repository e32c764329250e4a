"""What the README shows works: its example is run as it stands."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from stacks.catalogue import CATALOGUE

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()
PYTHON_BLOCKS = re.findall(r"^```python\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def test_the_composition_example_synthesizes(tmp_path: Path) -> None:
    job, app = PYTHON_BLOCKS
    (tmp_path / "jobs").mkdir()
    (tmp_path / "jobs" / "word_count.py").write_text(job)
    (tmp_path / "app.py").write_text(app)
    environment = {**os.environ, "CDK_OUTDIR": str(tmp_path / "out")}
    subprocess.run([sys.executable, "app.py"], cwd=tmp_path, env=environment, check=True, capture_output=True)
    template = json.loads((tmp_path / "out" / "Reports.template.json").read_text())
    functions = [each for each in template["Resources"].values() if each["Type"] == "AWS::Lambda::Function"]
    jobs = {
        each["Properties"]["Environment"]["Variables"].get("MAPREDUCE_JOB")
        for each in functions
        if "Environment" in each["Properties"]
    }
    assert {"word_count", "refarch_lambdas.mapreduce.examples.ad_revenue"} <= jobs


def test_every_stack_of_the_catalogue_is_in_the_readme_and_has_a_page() -> None:
    for architecture in CATALOGUE:
        page = f"docs/architectures/{architecture.module}.md"
        assert f"[`{architecture.name}`]({page})" in README
        assert (ROOT / page).is_file()


def test_the_links_of_the_pages_lead_somewhere() -> None:
    for page in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.relative_to(ROOT)} links to {target}"
