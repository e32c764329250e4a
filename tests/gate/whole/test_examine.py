"""Every part of every stack: right, and made again only where something changed."""

from __future__ import annotations

import dataclasses
import json
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from refarch.gate.acknowledgements import Acknowledgement
from refarch.gate.diff import compare_all, findings_of
from refarch.gate.policy import Settings, check
from refarch.gate.templates import TemplateError, load
from refarch.gate.typed import all_voices, read
from refarch.gate.whole import Options, Store, examine, new_stacks, old_stacks, report, toolkit
from refarch.gate.whole.inputs import Stack, paired
from refarch.gate.whole.verdict import part_of

Resources = dict[str, Any]
TODAY = Settings(today=date(2026, 11, 22))
OPTIONS = Options(settings=TODAY)


def template(resources: Resources, **sections: Any) -> str:
    return json.dumps({"Resources": resources, **sections})


def queue(**properties: Any) -> Resources:
    kept = {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}
    return {"Queue": {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": 60, **properties}, **kept}}


def run(app: Path, old: Path | None = None, options: Options = OPTIONS) -> tuple[Any, Store]:
    store = Store(app.parent / "cache")
    before = old_stacks(str(old), [app]) if old else None
    found = examine(new_stacks([app]), before, options=options, store=store)
    store.save()
    return found, store


def test_the_parts_say_what_each_command_says_alone(app: Path, tmp_path: Path) -> None:
    old = tmp_path / "old"
    old.mkdir()
    (old / "Orders.template.json").write_text(template(queue(QueueName="a")))
    whole, _ = run(app, old)
    new, before = load(app), load(old)
    voices = all_voices()
    for stack in whole.stacks:
        content, name = new[stack.stack.name].content, stack.stack.name
        assert stack.findings("policy") == check(content, settings=TODAY, name=name)
        assert stack.findings("typed") == read(content, name=name, voices=voices)
    alone = findings_of(compare_all(before, new))
    assert sorted(each.order for stack in whole.stacks for each in stack.findings("change")) == sorted(
        each.order for each in alone
    )


def test_a_second_run_does_no_work(app: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, made = run(app, app)
    assert made.made["policy"] == made.made["change"] == 2

    def never(*_: object, **__: object) -> None:
        raise AssertionError("a template was read although nothing changed")

    monkeypatch.setattr("refarch.gate.whole.inputs.parse", never)
    second, store = run(app, app)
    assert sum(store.made.values()) == 0, store.made
    assert report(second, ()).details == report(first, ()).details


def test_only_the_stack_that_changed_is_worked_on(app: Path) -> None:
    run(app)
    (app / "Orders.template.json").write_text(template(queue(DelaySeconds=5)))
    _, store = run(app)
    assert store.made["policy"] == store.reused["policy"] == 1


@pytest.mark.parametrize(
    ("field", "value", "parts"),
    [
        ("profile", "regulated", {"policy"}),
        ("settings", dataclasses.replace(TODAY, runtime_days=900), {"policy"}),
        ("settings", dataclasses.replace(TODAY, today=date(2026, 11, 23)), {"policy"}),
        ("partition", "aws-cn", {"deploy-policy"}),
        ("parameters", {"A": "b"}, {"change"}),
        ("fail_on_policy", "never", set()),
    ],
)
def test_an_option_makes_again_what_it_decides(app: Path, field: str, value: Any, parts: set[str]) -> None:
    run(app, app)
    _, store = run(app, app, dataclasses.replace(OPTIONS, **{field: value}))
    assert {name for name, count in store.made.items() if count} - {"cost"} == parts


def test_another_version_of_tool_or_data_makes_everything_again(app: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(app)
    monkeypatch.setattr(sys.modules["refarch.gate.whole.examine"], "fingerprint", lambda: "another version")
    _, store = run(app)
    assert sum(store.reused.values()) == 0


def test_the_fingerprint_is_of_code_and_schemas(monkeypatch: pytest.MonkeyPatch) -> None:
    before = toolkit.fingerprint()
    monkeypatch.setattr(toolkit, "data_version", lambda: "2099-01-01")
    toolkit.fingerprint.cache_clear()
    try:
        assert toolkit.fingerprint() != before
    finally:
        toolkit.fingerprint.cache_clear()


def test_who_imports_an_export_decides_the_change_too(app: Path, tmp_path: Path) -> None:
    """The importer is in the other stack: changing that one alone must change this one's verdict."""
    old = tmp_path / "old"
    old.mkdir()
    for path in app.iterdir():
        (old / path.name).write_text(path.read_text())
    (app / "Orders.template.json").write_text(template(queue()))
    severities = [each.severity for each in run(app, old)[0].stacks[1].findings("change") if "export" in each.rule]
    assert severities == ["error"]
    for folder in (app, old):
        (folder / "News.template.json").write_text(template({"Topic": {"Type": "AWS::SNS::Topic"}}))
    severities = [each.severity for each in run(app, old)[0].stacks[1].findings("change") if "export" in each.rule]
    assert severities == ["warning"]


def test_acknowledgements_are_never_remembered(app: Path) -> None:
    accept = Acknowledgement(rule="*", resource="*", reason="tests, never deployed", owner="t", expires=date.max)
    whole, _ = run(app)
    assert report(whole, ()).failing
    again, store = run(app)
    assert sum(store.made.values()) == 0
    assert not report(again, (accept,)).failing
    late = dataclasses.replace(accept, expires=date(2026, 11, 21))
    assert {each.rule for each in report(again, (late,)).outcome.about_the_list} == {"acknowledgement-expired"}


def test_what_the_app_accepted_in_code_counts_and_goes_when_it_goes(app: Path) -> None:
    rule = next(each.rule for each in run(app)[0].stacks[1].findings("policy") if each.resource == "Queue")
    entries = [
        {"type": "aws:cdk:logicalId", "data": "Queue"},
        {"type": "aws:cdk:acknowledged-rules", "data": {f"Gates::{rule}": "accepted for the test of it"}},
    ]
    beside = app / "Orders.metadata.json"
    beside.write_text(json.dumps({"/Orders/Queue/Resource": entries}))
    assert [each.rule for each, _ in report(run(app)[0], ()).outcome.acknowledged] == [rule]
    beside.unlink()
    assert report(run(app)[0], ()).outcome.acknowledged == ()


def test_what_the_app_accepted_without_a_reason_is_a_finding(app: Path) -> None:
    rule = next(each.rule for each in run(app)[0].stacks[1].findings("policy") if each.resource == "Queue")
    entries = [
        {"type": "aws:cdk:logicalId", "data": "Queue"},
        {"type": "aws:cdk:acknowledged-rules", "data": {f"Gates::{rule}": "ok"}},
    ]
    (app / "Orders.metadata.json").write_text(json.dumps({"/Orders/Queue/Resource": entries}))
    found = report(run(app)[0], ())
    assert "acknowledgement-reason" in {each.rule for each in found.failing}


def test_old_and_new_meet_by_name_then_by_plain_name() -> None:
    def stacks(*names: str) -> list[Stack]:
        return [Stack(name, b"") for name in names]

    new = stacks("Orders.template.json", "ShopFront.template.json", "Fresh.template.json")
    found, gone = paired(new, stacks("Orders.template.json", "shop-front.yaml", "Past.template.json"))
    assert {name: each.name for name, each in found.items()} == {
        "Orders.template.json": "Orders.template.json",
        "ShopFront.template.json": "shop-front.yaml",
    }
    assert [each.name for each in gone] == ["Past.template.json"]
    assert paired(stacks("a.json"), stacks("b.json")) == ({"a.json": Stack("b.json", b"")}, ())


def test_two_old_ones_of_one_plain_name_are_not_guessed() -> None:
    found, gone = paired([Stack("AB.json", b""), Stack("C.json", b"")], [Stack("a-b.json", b""), Stack("ab.json", b"")])
    assert (found, len(gone)) == ({}, 2)


def test_a_stack_that_is_gone_is_said(app: Path, tmp_path: Path) -> None:
    old = tmp_path / "old"
    old.mkdir()
    for name in ("News", "Orders", "Past"):
        (old / f"{name}.template.json").write_text(template({"Topic": {"Type": "AWS::SNS::Topic"}}))
    found = report(run(app, old)[0], ())
    assert [row.name for row in found.rows if row.change == "no longer in the app"] == ["Past.template.json"]
    assert "diff-stack-removed" in {each.rule for each in found.outcome.open}


def test_every_rule_is_of_one_part() -> None:
    from refarch.gate.diff.findings import RULES as changes
    from refarch.gate.policy import rules_of
    from refarch.gate.typed import RULES as typed

    for rules, part in ((changes, "change"), (rules_of("regulated"), "policy"), (typed, "typed")):
        assert {part_of(rule) for rule in _as_findings(rules)} == {part}


def _as_findings(rules: Any) -> list[Any]:
    from refarch.gate.findings import Finding

    return [Finding(rule=each.id, severity=each.severity, message="") for each in rules]


def test_a_file_given_twice_is_bad_input(app: Path) -> None:
    path = app / "News.template.json"
    with pytest.raises(TemplateError, match="given twice"):
        new_stacks([path, path])
