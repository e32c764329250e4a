"""Whatever the template: the same bytes, whole SVG, valid Mermaid, nothing on anything else, in bounded time."""

from __future__ import annotations

import itertools
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from refarch.gate.cost import card
from refarch.gate.picture import draw
from refarch.gate.picture.kinds import table
from refarch.gate.picture.layout import Page, lay_out
from refarch.gate.schemas import schema_of
from refarch.gate.templates import Template, TemplateError

TYPES = sorted(
    {*table("kinds"), *(row[0] for rows in table("flows").values() for row in rows), "AWS::New::Thing"} - {"Clients"}
)
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 70_000),
    st.sampled_from(
        ["*", "Allow", "s3:Get*", "${R1.Arn}", "{", "public", "internet-facing", "rate(1 day)", '"]--><'],
    ),
    st.sampled_from(
        [{"Ref": f"R{index}"} for index in range(6)] + [{"Fn::GetAtt": ["R1", "Arn"]}, {"Ref": "AWS::NoValue"}]
    ),
)
KEYS = st.sampled_from(
    ["Statement", "Effect", "Action", "Resource", "Arn", "Targets", "Fn::If", "Ref", "Id", "SubnetIds"]
)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=10
)
# What Mermaid's flowchart grammar takes, of what may be written here.
QUOTED = r'"[^"\\`<>]*(?:<br/><small>[^"\\`<>]*</small>)?"'
MERMAID = re.compile(
    r"flowchart LR|  %% [^{}%]*|\s*subgraph c\d+\[" + QUOTED + r"\]|\s*end"
    r"|\s*n\d+(?:\["
    + QUOTED
    + r"\]|\(\["
    + QUOTED
    + r"\]\)|\[\["
    + QUOTED
    + r"\]\]|\[\("
    + QUOTED
    + r"\)\]|\(\("
    + QUOTED
    + r"\)\))"
    r"|  n\d+ (?:-->|-\.->)(?:\|" + QUOTED + r"\|)? n\d+"
    r"|  classDef [a-z]+ stroke:#[0-9a-f]{6},stroke-width:2px|  class n\d+(?:,n\d+)* [a-z]+"
)


@st.composite
def resources(draw_: st.DrawFn) -> dict[str, Any]:
    kind = draw_(st.sampled_from(TYPES))
    schema = schema_of(kind)
    names = st.sampled_from(sorted(schema.properties)) if schema and schema.properties else st.just("Anything")
    return {"Type": kind, "Properties": draw_(st.dictionaries(names, VALUES, max_size=5))}


def overlaps(page: Page) -> list[Any]:
    areas = [(each.x, each.y, each.x + each.width, each.y + each.height) for each in page.boxes]
    areas += [each.area for each in page.texts]
    return [
        (one, other)
        for one, other in itertools.combinations(areas, 2)
        if one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
    ]


def outside(page: Page) -> list[str]:
    """Boxes that are not in the frame of their cluster."""
    frames = {each.cluster.id: each for each in page.frames}
    return [
        box.node.id
        for box in page.boxes
        if (frame := frames.get(box.node.cluster))
        and not (frame.x <= box.x <= frame.x + frame.width and frame.y <= box.y <= frame.y + frame.height - box.height)
    ]


@settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(resources(), max_size=8))
def test_any_template_gives_a_whole_picture_and_a_card(made: list[dict[str, Any]]) -> None:
    template = Template("t", {"Resources": {f"R{number}": each for number, each in enumerate(made)}})
    picture = draw(template)
    assert picture == draw(template)
    ElementTree.fromstring(picture.svg)
    assert [line for line in picture.mermaid.splitlines() if not MERMAID.fullmatch(line)] == []
    page = lay_out(picture.diagram)
    assert overlaps(page) == []
    assert outside(page) == []
    assert sum(each.count for each in picture.diagram.nodes if each.members) + sum(picture.folded.values()) == len(made)
    made_card = card(template)
    assert 0 <= made_card.idle <= made_card.busy
    assert made_card == card(template)


@st.composite
def graphs(draw_: st.DrawFn) -> dict[str, Any]:
    """Functions that invoke each other at random, some in a VPC."""
    count = draw_(st.integers(2, 18))
    found: dict[str, Any] = {
        "V": {"Type": "AWS::EC2::VPC"},
        "S": {"Type": "AWS::EC2::Subnet", "Properties": {"VpcId": {"Ref": "V"}}},
    }
    for index in range(count):
        ends = draw_(st.lists(st.integers(0, count - 1), max_size=4))
        variables = {f"E{end}": {"Ref": f"F{end}"} for end in ends}
        inside = {"VpcConfig": {"SubnetIds": [{"Ref": "S"}]}} if draw_(st.booleans()) else {}
        found[f"F{index}"] = {
            "Type": "AWS::Lambda::Function",
            "Properties": {"Environment": {"Variables": variables}, **inside},
        }
    return found


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(graphs())
def test_any_graph_finds_room(made: dict[str, Any]) -> None:
    page = lay_out(draw(Template("t", {"Resources": made})).diagram)
    assert overlaps(page) == []
    assert outside(page) == []


def test_a_long_chain_behind_a_network_turns_back_below_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Six in a VPC, then six that it leads to: one row of twelve would be unreadable."""
    made: dict[str, Any] = {"V": {"Type": "AWS::EC2::VPC"}}
    made["S"] = {"Type": "AWS::EC2::Subnet", "Properties": {"VpcId": {"Ref": "V"}}}
    for index in range(12):
        inside = {"VpcConfig": {"SubnetIds": [{"Ref": "S"}]}} if index < 6 else {}
        following = {"Environment": {"Variables": {"E": {"Ref": f"F{index + 1}"}}}} if index < 11 else {}
        made[f"F{index}"] = {"Type": "AWS::Lambda::Function", "Properties": {**following, **inside}}
    diagram = draw(Template("t", {"Resources": made})).diagram
    page = lay_out(diagram)
    monkeypatch.setattr("refarch.gate.picture.layout.columns.MOST_COLUMNS", 99)
    straight = lay_out(diagram)
    wide, wider = (max(each.x for each in one.boxes) - min(each.x for each in one.boxes) for one in (page, straight))
    assert wide < 0.7 * wider
    assert overlaps(page) == []
    assert [each.head for each in page.lines].count(-1) == 5
    assert -1 not in [each.head for each in straight.lines]


def test_nothing_comes_from_outside_and_both_schemes_are_served() -> None:
    svg = draw(Template("t", {"Resources": {"F": {"Type": "AWS::Lambda::Function"}}})).svg
    assert re.findall(r"https?://[^\"]+", svg) == ["http://www.w3.org/2000/svg"]
    assert not re.search(r"<script|<image|<use|@import|url\(", svg)
    assert "prefers-color-scheme:dark" in svg


def test_names_cannot_break_out() -> None:
    evil = 'x"]; click n0 call alert()<script>&\u0000\u202e'
    resources = {
        "A": {
            "Type": "AWS::Events::Rule",
            "Properties": {"ScheduleExpression": evil, "Targets": [{"Arn": {"Ref": "B"}}]},
        }
    }
    resources["B"] = {"Type": f"AWS::{evil}::{evil}", "Properties": {}}
    picture = draw(Template("t", {"Resources": resources}), title=evil)
    ElementTree.fromstring(picture.svg)
    assert "<script" not in picture.svg
    assert [line for line in picture.mermaid.splitlines() if not MERMAID.fullmatch(line)] == []


PROGRAM = """
import sys, json
from refarch.gate.picture import draw
from refarch.gate.templates import parse
picture = draw(parse(open(sys.argv[1]).read(), "t.json"))
sys.stdout.write(picture.svg + picture.mermaid)
"""


def test_the_same_bytes_whatever_the_order_of_sets(tmp_path: Path) -> None:
    path = tmp_path / "t.json"
    path.write_text(template_of(40))
    seen = set()
    for seed in ("1", "2", "3"):
        environment = os.environ | {"PYTHONHASHSEED": seed}
        command = [sys.executable, "-c", PROGRAM, str(path)]
        seen.add(subprocess.run(command, env=environment, capture_output=True, check=True).stdout)
    assert len(seen) == 1


def template_of(count: int) -> str:
    import json

    found: dict[str, Any] = {}
    for index in range(count):
        variables = {f"V{step}": {"Ref": f"F{(index * step + 1) % count}"} for step in (1, 3, 7)}
        found[f"F{index}"] = {"Type": "AWS::Lambda::Function", "Properties": {"Environment": {"Variables": variables}}}
    return json.dumps({"Resources": found})


BIG = """
import sys, json, resource
resource.setrlimit(resource.RLIMIT_CPU, (25, 25))
resource.setrlimit(resource.RLIMIT_AS, (900 * 2**20, 900 * 2**20))
from refarch.gate.cost import card
from refarch.gate.picture import draw
from refarch.gate.templates import Template
template = Template("t", eval(sys.argv[1]))
card(template)
picture = draw(template)
print(len(picture.diagram.nodes), len(picture.svg))
"""
HOSTILE = {
    "ten thousand": '{"Resources": {f"F{i}": {"Type": "AWS::Lambda::Function", "Properties": {"DeadLetterConfig":'
    ' {"TargetArn": {"Ref": f"F{(i * 7 + 1) % 10000}"}}}} for i in range(10000)}}',
    "ten thousand types": '{"Resources": {f"R{i}": {"Type": f"AWS::S{i}::T", "Properties":'
    ' {"A": {"Ref": f"R{i // 2}"}}} for i in range(10000)}}',
    "circle of connectors": '{"Resources": {f"A{i}": {"Type": "AWS::Lambda::Alias", "Properties": {"FunctionName":'
    ' {"Ref": f"A{(i + 1) % 3000}"}}} for i in range(3000)}}',
    "everyone to everyone": '{"Resources": {f"F{i}": {"Type": "AWS::Lambda::Function", "Properties": {"Environment":'
    ' {"Variables": {str(j): {"Ref": f"F{j}"} for j in range(150)}}}} for i in range(150)}}',
}


@pytest.mark.parametrize("name", HOSTILE)
def test_big_templates_end_in_bounded_time_and_memory(name: str) -> None:
    result = subprocess.run([sys.executable, "-c", BIG, HOSTILE[name]], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr[-800:]
    boxes, size = map(int, result.stdout.split())
    assert boxes <= 160
    assert size < 2_000_000


def test_what_cannot_be_drawn_says_so() -> None:
    statement = {"Effect": "Allow", "Action": "s3:Get*", "Resource": [{"Ref": f"B{index}"} for index in range(600)]}
    found: dict[str, Any] = {f"B{index}": {"Type": "AWS::S3::Bucket"} for index in range(600)}
    found["R"] = {
        "Type": "AWS::IAM::Role",
        "Properties": {"Policies": [{"PolicyDocument": {"Statement": [statement]}}]},
    }
    for index in range(400):
        found[f"F{index}"] = {"Type": "AWS::Lambda::Function", "Properties": {"Role": {"Ref": "R"}}}
    with pytest.raises(TemplateError, match="more than 200,000 connections"):
        draw(Template("t", {"Resources": found}))
    many = {f"B{index}": {"Type": "AWS::S3::Bucket"} for index in range(20_001)}
    for act in (draw, card):
        with pytest.raises(TemplateError, match="20,001 resources; up to 20,000"):
            act(Template("t", {"Resources": many}))
