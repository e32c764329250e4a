"""Templates that were made to hurt: each ends with a clear error or an answer, in bounded time and memory."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from refarch.gate.diff import Verdict, compare
from refarch.gate.templates import Template, TemplateError, parse

MEMORY = 600 * 2**20
CPU_SECONDS = 20
BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join(f'*{old}' for _ in range(10))}]\n"
    for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)
REFUSED = {
    "yaml bomb": (BOMB, "more than 300,000 values"),
    "alias to itself": ("a: &a [*a]", "stands for nothing, or for itself"),
    "deep json": ('{"a":' * 50_000, "nested deeper than 100 levels"),
    "deep yaml": ("x: " + "[" * 50_000, "nested deeper than 100 levels"),
    "deep block": ("- " * 50_000, "nested deeper than 100 levels"),
    "deep tree": ('{"Resources": ' + '{"a":' * 150 + "1" + "}" * 151, "nested deeper than 100 levels"),
    "python object": ("a: !!python/object/apply:os.system [x]", "is not for templates"),
    "tag of its own": ("a: !<tag:x.y,2000:z> b", "is not for templates"),
    "huge number": ('{"a": ' + "1" * 50_000 + "}", "no JSON"),
    "hash merge": ("a: &a {b: c}\nd:\n  <<: *a", "hash merges"),
    "twice": ("Resources: {}\nResources: {}", "appears twice"),
    "two documents": ("a: b\n---\na: b", "more than one document"),
    "nul": ("a: \0", "no YAML"),
    "too big": ("#" * (5 * 2**20), "bytes; templates of up to"),
    "list": ("[]", "a mapping with Resources is needed"),
    "no resources": ("a: b", "it has no Resources"),
    "no type": ('{"Resources": {"A": {}, "B": {"Type": 1}, "C": []}}', "Resources.B: Type is 1"),
    "odd sections": ('{"Resources": {}, "Outputs": [], "Parameters": {"P": 1}}', "Outputs is a list"),
    "json cut short": ('{"Resources": {', "no YAML"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_in_words(name: str) -> None:
    text, message = REFUSED[name]
    with pytest.raises(TemplateError) as refused:
        parse(text, "evil")
    assert str(refused.value).startswith("evil")
    assert message in str(refused.value)
    assert len(str(refused.value)) < 1_000


def test_bytes_that_are_no_text() -> None:
    with pytest.raises(TemplateError, match="no UTF-8"):
        parse(b"\xff\xfe\x00", "evil")


def test_every_problem_is_told_at_once() -> None:
    with pytest.raises(TemplateError) as refused:
        parse('{"Resources": {"B": {"Type": 1}, "C": []}, "Outputs": 3}', "evil")
    assert all(part in str(refused.value) for part in ("Resources.B", "Resources.C", "Outputs"))


def queue(properties: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"Type": "AWS::SQS::Queue", "Properties": properties, **more}


def test_circular_references_end() -> None:
    def ring(name: str) -> dict[str, Any]:
        made = {
            f"Q{n}": queue({"RedrivePolicy": {"a": {"Fn::GetAtt": [f"Q{(n + 1) % 50}", "Arn"]}}}) for n in range(50)
        }
        made["Q0"]["Properties"]["QueueName"] = name
        return {"Resources": made}

    diff = compare(Template("a", ring("x")), Template("b", ring("y")))
    assert diff["Q0"].verdict is Verdict.DATA_LOSS_REPLACE
    assert diff["Q49"].verdict is Verdict.UPDATE


def test_circular_conditions_end() -> None:
    conditions = {
        **{f"C{n}": {"Fn::And": [{"Condition": f"C{n + 1}"}, {"Condition": f"C{n + 1}"}]} for n in range(60)},
        "C60": {"Condition": "C0"},
    }
    old = {"Conditions": conditions, "Resources": {"Q": queue({"DelaySeconds": 1}, Condition="C0")}}
    new = {"Conditions": conditions, "Resources": {"Q": queue({"DelaySeconds": 2}, Condition="C0")}}
    assert compare(Template("a", old), Template("b", new))["Q"].verdict is Verdict.UPDATE


def test_more_conditions_than_can_be_tried_are_admitted() -> None:
    names = [f"P{n}" for n in range(20)]
    section = {
        "Parameters": {name: {"Type": "String", "Default": "a"} for name in names},
        "Conditions": {f"C{name}": {"Fn::Equals": [{"Ref": name}, "b"]} for name in names},
    }
    old = {**section, "Resources": {"Q": queue({"DelaySeconds": 1}, Condition="CP0")}}
    new = {**section, "Resources": {"Q": queue({"DelaySeconds": 2}, Condition="CP0")}}
    diff = compare(Template("a", old), Template("b", new))
    assert any("more ways than were looked at" in note for note in diff.notes)


def big() -> dict[str, dict[str, Any]]:
    """Pairs of about a megabyte, each heavy in another part of the diff."""
    many = {f"Q{n}": queue({"QueueName": f"n{n}", "Tags": [{"Key": "k", "Value": "v" * 400}]}) for n in range(2_000)}
    other = {f"R{n}": each for n, each in enumerate(many.values())}
    chain = {f"Q{n}": queue({"QueueName": {"Fn::Sub": f"x${{Q{n + 1}.Arn}}"}}) for n in range(5_000)}
    actions = [f"s3:{'*' if n % 2 else '?'}{'a*' * 20}{n}" for n in range(8_000)]

    def policy(some: list[str]) -> dict[str, Any]:
        document = {"Statement": [{"Effect": "Allow", "Action": some, "Resource": ["*/x", "*/y"]}]}
        return {"Resources": {"P": {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": document}}}}

    rows = [
        {"IpProtocol": "tcp", "FromPort": n, "ToPort": n, "CidrIp": f"10.{n % 250}.{n // 250}.0/24"}
        for n in range(6_000)
    ]

    def group(some: list[Any]) -> dict[str, Any]:
        properties = {"GroupDescription": "g", "SecurityGroupIngress": some}
        return {"Resources": {"G": {"Type": "AWS::EC2::SecurityGroup", "Properties": properties}}}

    return {
        "all renamed": {"old": {"Resources": many}, "new": {"Resources": other}},
        "long cascade": {
            "old": {"Resources": {**chain, "Q5000": queue({"QueueName": "a"})}},
            "new": {"Resources": {**chain, "Q5000": queue({"QueueName": "b"})}},
        },
        "wide policy": {"old": policy(actions[::2]), "new": policy(actions)},
        "wide group": {"old": group(rows[::2]), "new": group(rows)},
    }


@pytest.mark.parametrize("name", ["all renamed", "long cascade", "wide policy", "wide group"])
def test_a_megabyte_takes_bounded_time_and_memory(name: str, tmp_path: Path) -> None:
    """In a process that is killed beyond the limits; CPU seconds, so that a busy machine makes no difference."""
    for side, content in big()[name].items():
        (tmp_path / f"{side}.json").write_text(json.dumps(content))

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))

    command = [sys.executable, "-m", "refarch.cli", "gate", "diff", "old.json", "new.json", "--format", "json"]
    result = subprocess.run(command, cwd=tmp_path, preexec_fn=limit, capture_output=True, text=True)
    assert result.returncode in (0, 1), result.stderr[-500:]
    assert json.loads(result.stdout)["version"] == 1
