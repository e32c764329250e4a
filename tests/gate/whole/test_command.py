"""`refarch gate all`: exit codes, inputs, every form of the report, and the page."""

from __future__ import annotations

import itertools
import json
import re
import resource
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result

from refarch.cli.gate import gate

ATTACK = '</script><script>alert(1)</script><img src=x onerror="alert(1)">'
LOST = {"Resources": {"Table": {"Type": "AWS::DynamoDB::Table", "Properties": {"TableName": "a"}}}}


def run(*arguments: str | Path, text: str | None = None) -> Result:
    return CliRunner().invoke(gate, ["all", *map(str, arguments)], input=text)


def lenient(*arguments: str | Path, text: str | None = None) -> Result:
    return run(*arguments, "--fail-on-policy", "never", "--fail-on-typed", "never", text=text)


def test_exit_codes(app: Path, tmp_path: Path) -> None:
    assert run(app).exit_code == 1
    assert lenient(app).exit_code == 0
    assert lenient(app, "--against", app).exit_code == 0
    assert run("nowhere").exit_code == 2
    assert run(app, "--against", "nowhere").exit_code == 2
    assert run(app, "--report", "page.pdf").exit_code == 2
    (app / "News.template.json").write_text("{")
    assert run(app).exit_code == 2


@pytest.mark.parametrize(("policy", "code"), [("data-loss", 1), ("broadening", 0), ("never", 0), ("any", 1)])
def test_a_lost_table_fails_by_policy(app: Path, tmp_path: Path, policy: str, code: int) -> None:
    old = tmp_path / "old"
    old.mkdir()
    for path in app.iterdir():
        (old / path.name).write_text(path.read_text())
    orders = json.loads((old / "Orders.template.json").read_text())
    (old / "Orders.template.json").write_text(
        json.dumps({**orders, "Resources": orders["Resources"] | LOST["Resources"]})
    )
    result = lenient(app, "--against", old, "--fail-on", policy)
    assert result.exit_code == code, result.output
    assert "delete with loss of data" in result.output or "data loss delete" in result.output


def test_standard_input(app: Path) -> None:
    result = lenient("-", text=json.dumps(LOST))
    assert result.exit_code == 0, result.output
    assert "stdin" in result.output
    assert run("-", "--against", "HEAD", text=json.dumps(LOST)).exit_code == 2


def test_a_git_revision(app: Path, tmp_path: Path) -> None:
    def git(*words: str) -> None:
        names = ["-c", "user.name=t", "-c", "user.email=t@t", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", "-C", str(tmp_path), *names, *words], check=True, capture_output=True)

    git("init", "-q")
    git("add", "new")
    git("commit", "-q", "-m", "first")
    (app / "Orders.template.json").write_text(json.dumps({"Resources": {}}))
    result = lenient("new", "--against", "HEAD", "--format", "json", "--fail-on", "any")
    found = json.loads(result.output)
    assert {each["template"]: each["change"] for each in found["stacks"]} == {
        "News.template.json": "no change",
        "Orders.template.json": "orphan",
    }
    (tmp_path / "fresh").mkdir()
    (tmp_path / "fresh" / "A.template.json").write_text(json.dumps(LOST))
    assert "every stack counts as new" in lenient("fresh", "--against", "HEAD").output


def test_every_form_in_one_run(app: Path, tmp_path: Path) -> None:
    files = [tmp_path / "out" / f"gate.{ending}" for ending in ("html", "json", "sarif", "xml", "md", "txt")]
    result = run(app, *(word for path in files for word in ("--report", path)))
    html, plain, sarif, junit, markdown, table = (path.read_text() for path in files)
    rules = {each["rule"] for each in json.loads(plain)["findings"]}
    assert "SQS-DEAD-LETTERS" in rules
    assert {each["ruleId"] for each in json.loads(sarif)["runs"][0]["results"]} == rules
    suite = ElementTree.fromstring(junit)
    assert int(suite.get("failures", "0")) == sum(each["state"] == "failing" for each in json.loads(plain)["findings"])
    for text in (markdown, table, html, result.output):
        assert "SQS-DEAD-LETTERS" in text
        assert "Orders" in text
    assert "\x1b" not in result.output + table  # plain without a terminal


def test_an_acknowledgement_lets_it_pass(app: Path, tmp_path: Path) -> None:
    entry = '[[acknowledge]]\nrule = "*"\nresource = "*"\nreason = "stacks of a test, never deployed"\nowner = "t"\n'
    (tmp_path / "refarch-gate.toml").write_text(f"{entry}expires = 2199-01-01\n")
    assert run(app).exit_code == 0
    (tmp_path / "refarch-gate.toml").write_text(f"{entry}expires = 2020-01-01\n")
    result = run(app)
    assert result.exit_code == 1
    assert "acknowledgement-expired" in result.output


class Page(HTMLParser):
    """What is in the page: every tag with its attributes, and the words outside of scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[Any]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture
def page(app: Path) -> Page:
    content = {"Resources": {"Queue": {"Type": "AWS::SQS::Queue", "Properties": {ATTACK: 1, "QueueName": ATTACK}}}}
    (app / "Attack.template.json").write_text(json.dumps(content))
    return Page(run(app, "--format", "html").output)


def test_the_page_loads_nothing(page: Page) -> None:
    links = [value for _, given in page.tags for key, value in given.items() if key in ("src", "href", "action")]
    assert [each for each in links if each and not each.startswith(("#", "data:image/svg+xml;base64,"))] == []
    policy = next(each["content"] for each in page.all("meta") if each.get("http-equiv"))
    assert policy is not None
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy


def test_a_template_cannot_write_into_the_page(page: Page) -> None:
    assert len(page.all("script")) == 1
    assert not any(key.startswith("on") for _, given in page.tags for key in given)
    assert ATTACK in page.words  # shown as what it is


def test_the_page_can_be_heard_and_walked(page: Page) -> None:
    html = page.all("html")[0]
    assert html["lang"] == "en"
    ids = [given["id"] for _, given in page.tags if "id" in given]
    assert len(ids) == len(set(ids))
    targets = [str(given["href"])[1:] for given in page.all("a")]
    assert set(targets) <= set(ids)
    assert all(given.get("alt") for given in page.all("img"))
    assert all(given.get("scope") for given in page.all("th"))
    assert len(page.all("caption")) == len(page.all("table"))
    levels = [int(name[1]) for name, _ in page.tags if re.fullmatch(r"h[1-6]", name)]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


def test_without_scripts_nobody_sees_controls_that_do_nothing(page: Page) -> None:
    assert "hidden" in page.all("form")[0]


def test_the_page_is_the_same_each_time(app: Path) -> None:
    assert run(app, "--format", "html").output == run(app, "--format", "html", "--no-cache").output


def test_thousands_of_findings_end_soon(app: Path, tmp_path: Path) -> None:
    """Bounded by CPU seconds that only a square of the findings would need, and by what a terminal shows."""
    queues = {f"Queue{n}": {"Type": "AWS::SQS::Queue", "Properties": {}} for n in range(4_000)}
    (app / "Orders.template.json").write_text(json.dumps({"Resources": queues}))
    words = [sys.executable, "-m", "refarch.cli", "gate", "all", str(app), "--report", str(tmp_path / "page.html")]
    limit = (25, 25)
    done = subprocess.run(
        words,
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, limit),
    )
    assert done.returncode == 1, done.stderr
    assert "more: --format json" in done.stdout
    assert done.stdout.count("FAIL") < 600
