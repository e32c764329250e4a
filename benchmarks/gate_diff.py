"""What a semantic diff costs beside `cdk diff --template`, on the same pairs in the same run.

    python -m benchmarks.gate_diff [--quick] [--output FILE]

CPU seconds (user and system), not wall time. Ours is measured twice: each pair inside one process, as a test suite or
a folder of stacks has it, and as a command of its own with everything that starting Python costs. `cdk diff` takes one
stack a call, so its figure is that of a call. The verdicts are compared too: what the peer calls a replacement must be
one here.
"""

from __future__ import annotations

import argparse
import copy
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from refarch.gate.diff import Verdict, compare, findings_of
from refarch.gate.templates import parse

LIMIT: Final = 100.0  # times less CPU a pair than the peer
ROOT: Final = Path(__file__).resolve().parents[1]
ROUNDS: Final = 50  # in one turn: a diff is five milliseconds, too few to tell from a neighbour's disturbance
Template = dict[str, Any]


def template(functions: int = 12) -> Template:
    """A stack of about 70 resources: a network, queues, functions with roles and policies, a table, a bucket."""
    made: Template = {"Vpc": of("EC2::VPC", CidrBlock="10.0.0.0/16"), "Data": of("S3::Bucket"), "Table": table("id")}
    for n in range(6):
        made[f"Subnet{n}"] = of("EC2::Subnet", VpcId={"Ref": "Vpc"}, CidrBlock=f"10.0.{n}.0/24")
        made[f"Routes{n}"] = of("EC2::RouteTable", VpcId={"Ref": "Vpc"})
    for n in range(functions):
        made[f"Queue{n}"] = of("SQS::Queue", VisibilityTimeout=60)
        made[f"Role{n}"] = of("IAM::Role", AssumeRolePolicyDocument=document("sts:AssumeRole", None))
        statement = document("sqs:ReceiveMessage", {"Fn::GetAtt": [f"Queue{n}", "Arn"]})
        made[f"Policy{n}"] = of(
            "IAM::Policy", PolicyName=f"p{n}", Roles=[{"Ref": f"Role{n}"}], PolicyDocument=statement
        )
        role = {"Fn::GetAtt": [f"Role{n}", "Arn"]}
        code = {"S3Bucket": "assets", "S3Key": "0" * 64}
        made[f"Function{n}"] = of("Lambda::Function", Role=role, Code=code, Handler="h", Runtime="python3.13")
    return {"Resources": made}


def of(kind: str, **properties: Any) -> Template:
    """One resource."""
    return {"Type": f"AWS::{kind}", "Properties": properties}


def table(key: str) -> Template:
    """A table with one key."""
    keys = [{"AttributeName": key, "KeyType": "HASH"}]
    attributes = [{"AttributeName": key, "AttributeType": "S"}]
    return of("DynamoDB::Table", KeySchema=keys, AttributeDefinitions=attributes)


def document(action: str, target: Any) -> Template:
    """A policy of one statement."""
    statement = {"Effect": "Allow", "Action": action}
    more = {"Resource": target} if target else {"Principal": {"Service": "lambda.amazonaws.com"}}
    return {"Version": "2012-10-17", "Statement": [{**statement, **more}]}


def pairs() -> dict[str, tuple[Template, Template]]:
    """Name to old and new: nothing, in place, a key of a table, a network that everything hangs on."""
    old = template()

    def changed(edit: Callable[[Template], None]) -> tuple[Template, Template]:
        new = copy.deepcopy(old)
        edit(new["Resources"])
        return old, {**new, "Description": "changed"}

    return {
        "nothing": changed(lambda _: None),
        "in place": changed(lambda new: new["Function1"]["Properties"].update(MemorySize=512)),
        "key of a table": changed(lambda new: new.update(Table=table("other"))),
        "network": changed(lambda new: new["Vpc"]["Properties"].update(CidrBlock="10.1.0.0/16")),
    }


def ours(old: str, new: str, rounds: int) -> tuple[float, set[str]]:
    """CPU seconds of one diff, reading the texts included, and what it would replace."""
    start = time.process_time()
    for _ in range(rounds):
        diff = compare(parse(old, "old.json"), parse(new, "new.json"))
        findings_of([diff])
    replaced = (Verdict.REPLACE, Verdict.DATA_LOSS_REPLACE)
    seconds = (time.process_time() - start) / rounds
    return seconds, {each.logical_id for each in diff.changes if each.verdict in replaced}


def command(arguments: list[str], folder: Path) -> tuple[float, str]:
    """CPU seconds of a command and its children, and what it said."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = {**os.environ, "NO_COLOR": "1", "CI": "true", "AWS_EC2_METADATA_DISABLED": "true"}
    result = subprocess.run(arguments, cwd=folder, env=environment, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if result.returncode not in (0, 1):
        raise RuntimeError(f"{' '.join(arguments)}: {result.stderr[-500:]}")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, result.stdout + result.stderr


def assembly(folder: Path, new: str) -> None:
    """A cloud assembly of one stack, as `cdk synth` leaves it."""
    stack = {
        "type": "aws:cloudformation:stack",
        "environment": "aws://unknown-account/unknown-region",
        "properties": {"templateFile": "Stack.template.json"},
        "displayName": "Stack",
    }
    folder.mkdir()
    (folder / "manifest.json").write_text(json.dumps({"version": "36.0.0", "artifacts": {"Stack": stack}}))
    (folder / "Stack.template.json").write_text(new)


def replaced_by(said: str) -> set[str]:
    """Logical ids that the peer calls replaced: `[~] AWS::EC2::VPC Vpc replace`."""
    lines = [line.split() for line in said.splitlines() if line.startswith("[")]
    return {words[-2] for words in lines if words[-1] == "replace"}


def measure(name: str, old: Template, new: Template, cdk: str, turns: int) -> dict[str, Any]:
    """One pair, by both, in turns; the medians."""
    texts = [json.dumps(each, indent=1) for each in (old, new)]
    ours(texts[0], texts[1], 1)  # schemas are read once a process
    own, others = [], []
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for side, text in zip(("old", "new"), texts, strict=True):
            (folder / f"{side}.json").write_text(text)
        assembly(folder / "assembly", texts[1])
        alone, _ = command([sys.executable, "-m", "refarch.cli", "gate", "diff", "old.json", "new.json"], folder)
        words = [cdk, "diff", "Stack", "--template", "old.json", "--app", "assembly", "--no-notices"]
        for _ in range(turns):
            seconds, replaced = ours(texts[0], texts[1], ROUNDS)
            peer, said = command(words, folder)
            own.append(seconds)
            others.append(peer)
    seconds, peer = statistics.median(own), statistics.median(others)
    theirs = replaced_by(said)
    costs = {"ours": seconds, "command": alone, "cdk": peer, "times": peer / seconds}
    return {
        "pair": name,
        **costs,
        "replaced": len(replaced),
        "by_cdk": len(theirs),
        "missed": sorted(theirs - replaced),
    }


def main() -> int:
    """Print the table; 1 where a pair is not `LIMIT` times cheaper, or misses a replacement that the peer sees."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--quick", action="store_true")
    options.add_argument("--output", type=Path)
    chosen = options.parse_args()
    cdk = shutil.which("cdk", path=f"{ROOT / '.venv' / 'bin'}:{ROOT / 'node_modules' / '.bin'}:{os.environ['PATH']}")
    if cdk is None:
        print("the CDK command line is not installed: python3 bootstrap.py")
        return 1
    rows = [measure(name, *pair, cdk, 2 if chosen.quick else 5) for name, pair in pairs().items()]
    print(f"{'pair':<16} {'in a process':>13} {'command':>9} {'cdk diff':>9} {'times less':>11}   (CPU seconds)")
    for row in rows:
        figures = f"{row['ours']:>13.4f} {row['command']:>9.2f} {row['cdk']:>9.2f} {row['times']:>11.0f}"
        missed = f", missed: {', '.join(row['missed'])}" if row["missed"] else ""
        print(f"{row['pair']:<16} {figures}   {row['replaced']} replaced, cdk {row['by_cdk']}{missed}")
    if chosen.output:
        chosen.output.write_text(json.dumps(rows, indent=1) + "\n")
    return 0 if all(row["times"] >= LIMIT and not row["missed"] for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
