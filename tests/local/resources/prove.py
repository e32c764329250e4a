"""Proves which resource types can be made through an API, and writes the table that the local cloud goes by.

`python -m tests.local.resources.prove` makes, reads and ends one resource of every type that has no backing of its own.
Then a stack makes each that passed. What passes that, too, is in derived.json, all else with the reason. Takes minutes.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import boto3

from refarch.local import LocalCloud, adapter
from refarch.local.moto_services.catalogue import SERVICES
from refarch.local.resources import backed_derived, derivation, schemas
from refarch.local.resources.api_backed import CURATED
from refarch.local.resources.schemas import ResourceType
from tests.local.resources import round_trip
from tests.local.resources.trial import Trial, Unproved

OUT = Path(backed_derived.__file__).with_name("derived.json")
CASES = Path(__file__).with_name("derived_properties.json")
WRITTEN: dict[str, Any] = json.loads(Path(__file__).with_name("derived_cases.json").read_text("utf-8"))


def main() -> None:
    own = set(adapter.read("handlers of resource types"))
    part = sys.argv[1].lower() if len(sys.argv) > 1 else ""
    wanted = [name for name in schemas.names() if name not in own | set(CURATED) and part in name.lower()]
    wanted = [name for name in wanted if not name.startswith("AWS::CloudFormation::")]
    found, cases = by_api(wanted)
    if part:
        print(json.dumps(found, indent=1))
        return
    write(OUT, found)
    for name, reason in by_stack(found, cases).items():
        found[name] = {"reason": reason}
        del cases[name]
    write(OUT, found)
    by_change(found, cases)
    write(OUT, found)
    write(CASES, cases)
    print(f"{len(cases)} of {len(found)} types are made through an API")


def write(path: Path, table: dict[str, Any]) -> None:
    lines = ",\n".join(f"  {json.dumps(name)}: {json.dumps(entry)}" for name, entry in sorted(table.items()))
    path.write_text(f"{{\n{lines}\n}}\n", "utf-8")


def by_api(wanted: list[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """(the table, the properties that a proof was made with)."""
    found: dict[str, Any] = {}
    cases: dict[str, Any] = {}
    with LocalCloud.start(directory=tempfile.mkdtemp()) as cloud:
        prover = Prover(cloud)
        for kind in filter(None, map(schemas.find, wanted)):
            try:
                found[kind.name], cases[kind.name] = prover.prove_with_others(kind)
            except Unproved as reason:
                found[kind.name] = {"reason": str(reason)}
    return found, cases


def by_stack(found: dict[str, Any], cases: dict[str, Any]) -> dict[str, str]:
    """The types that a stack cannot make in earnest, with the reason; each in a stack of its own."""
    with LocalCloud.start(directory=tempfile.mkdtemp()) as cloud:
        wrong: dict[str, str] = {}
        for name, case in cases.items():
            wrong |= round_trip.problems(cloud, {name: {**case, "entry": found[name]}})
        return wrong


def by_change(found: dict[str, Any], cases: dict[str, Any]) -> None:
    """Leave an update only to types whose service shows a change that a stack made, and keep that change as a case."""
    with LocalCloud.start(directory=tempfile.mkdtemp()) as cloud:
        for name, case in cases.items():
            case.pop("changed", None)
            if "update" not in found[name]:
                continue
            shown = round_trip.changed(cloud, name, {**case, "entry": found[name]})
            if shown is None:
                del found[name]["update"]
            else:
                case["changed"] = shown


class Prover:
    def __init__(self, cloud: LocalCloud) -> None:
        self.cloud, self.clients = cloud, dict[str, Any]()
        self.known = boto3.session.Session().get_available_services()
        self.here = set(adapter.read("services")) | set(SERVICES)

    def client(self, service: str) -> Any:
        if service not in self.clients:
            self.clients[service] = self.cloud.client(service)
        return self.clients[service]

    def prove_with_others(self, kind: ResourceType) -> tuple[dict[str, Any], dict[str, Any]]:
        """With what it belongs to, where that was written down; a stack makes that before."""
        written = WRITTEN.get(kind.name)
        if written is None:
            return self.prove(kind, None)
        outputs: dict[str, Any] = {}
        always: dict[str, Any] = {"Always": {"Type": "AWS::SQS::Queue"}}
        wanted = referring(written["properties"], outputs)
        stack = round_trip.Stack(self.cloud, {**written["others"], **always}, outputs)
        if stack.status != "CREATE_COMPLETE":
            raise Unproved(f"what it belongs to could not be made: {stack.failure()[:90]}")
        try:
            entry, _ = self.prove(kind, resolved(wanted, stack.outputs()))
            return entry, written
        finally:
            stack.delete()

    def prove(self, kind: ResourceType, written: dict[str, Any] | None) -> tuple[dict[str, Any], dict[str, Any]]:
        services = derivation.clients(kind.service, self.known)
        if not services:
            raise Unproved("no API of that name")
        reasons = []
        for service in services:
            client = self.client(service)
            if client.meta.service_model.signing_name not in self.here:
                reasons.append("neither the emulator nor moto has the service")
                continue
            chosen = derivation.candidate(kind, service, client.meta.method_to_api_mapping)
            if isinstance(chosen, str):
                reasons.append(chosen)
                continue
            try:
                return Trial(client, kind, chosen).run(written)
            except Unproved as reason:
                reasons.append(str(reason))
        raise Unproved(reasons[-1])


def referring(value: Any, outputs: dict[str, Any]) -> Any:
    """`value` with each reference replaced by the name of an output that has it."""
    if isinstance(value, dict) and len(value) == 1 and next(iter(value)).startswith(("Ref", "Fn::")):
        name = f"O{len(outputs)}"
        outputs[name] = {"Value": value}
        return {"Output": name}
    if isinstance(value, dict):
        return {key: referring(inner, outputs) for key, inner in value.items()}
    return [referring(inner, outputs) for inner in value] if isinstance(value, list) else value


def resolved(value: Any, outputs: dict[str, str]) -> Any:
    if isinstance(value, dict) and set(value) == {"Output"}:
        return outputs[value["Output"]]
    if isinstance(value, dict):
        return {key: resolved(inner, outputs) for key, inner in value.items()}
    return [resolved(inner, outputs) for inner in value] if isinstance(value, list) else value


if __name__ == "__main__":
    main()
