"""An experiment under way: targets are chosen, actions act in their order, a stop condition ends it all."""

from __future__ import annotations

import copy
import random
import time
from collections.abc import Mapping
from typing import Any

from refarch.local import adapter, clock
from refarch.local.compute import events, instances, scope
from refarch.local.compute.faults import acts, targets

Row = dict[str, Any]
LOOK = 0.05
ENDED = ("completed", "stopped", "failed", "cancelled")
HALTED = "Experiment halted by stop condition."


class Ended(Exception):
    """The experiment is over before its actions are; `status` and the reason."""

    def __init__(self, status: str, reason: str) -> None:
        super().__init__(reason)
        self.status = status


def begun(template: Mapping[str, Any], tags: dict[str, str]) -> Row:
    """The content of a new experiment: a copy of its template."""
    names = ("targets", "actions", "stopConditions", "roleArn", "logConfiguration", "experimentOptions")
    row = copy.deepcopy({name: template[name] for name in names if name in template})
    for action in row["actions"].values():
        action["state"] = {"status": "pending", "reason": "Initial state"}
    about = {"experimentTemplateId": template["id"], "startTime": time.time(), "tags": tags, "_resolved": {}}
    return row | about | {"state": {"status": "initiating", "reason": "Experiment is initiating."}}


def stop(row: Row, reason: str) -> None:
    if row["state"]["status"] not in ENDED:
        row["_stop"] = reason
        row["state"] = {"status": "stopping", "reason": reason}


def run(row: Row) -> None:
    """Run an experiment to its end."""
    try:
        _check(row)
        row["_resolved"] = _resolve(row)
        _turn(row, "running", "Experiment is running.")
        for name in order(row["actions"]):
            _act(row, name)
        _turn(row, "completed", "Experiment completed.")
    except Ended as ended:
        _turn(row, ended.status, str(ended))
    row["endTime"] = time.time()


def order(actions: Mapping[str, Any]) -> list[str]:
    """The actions, each after those that it starts after. Here they run one after the other. Raises `Ended`."""
    left, done = dict(actions), list[str]()
    while left:
        ready = [name for name, action in left.items() if set(action.get("startAfter") or []) <= set(done)]
        if not ready:
            raise Ended("failed", f"The actions {', '.join(sorted(left))} wait for each other.")
        done += ready
        left = {name: action for name, action in left.items() if name not in ready}
    return done


def _resolve(row: Row) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    records, tags, draw = list(adapter.read("instances").values()), adapter.read("EC2 tags"), random.SystemRandom()
    for name, target in row["targets"].items():
        if target["resourceType"] not in targets.KINDS:
            raise Ended("failed", f"The local cloud knows no targets of type {target['resourceType']}.")
        all_of_it = targets.candidates(target, records, tags)
        chosen = targets.selected(target["selectionMode"], all_of_it, draw)
        if not chosen and (row.get("experimentOptions") or {}).get("emptyTargetResolutionMode") != "skip":
            raise Ended("failed", f"Target resolution returned empty set for target {name}.")
        found[name] = [instances.arn(record["InstanceId"]) for record in chosen]
    return found


def _act(row: Row, name: str) -> None:
    action = row["actions"][name]
    arns = [arn for target in (action.get("targets") or {}).values() for arn in row["_resolved"][target]]
    action |= {"state": {"status": "running", "reason": "Action is running."}, "startTime": time.time()}
    try:
        acts.act(action, [arn.rpartition("/")[2] for arn in arns], row["roleArn"], lambda wait: _sleep(row, wait))
    except (acts.Failed, Ended) as error:
        status = "stopped" if isinstance(error, Ended) else "failed"
        action |= {"state": {"status": status, "reason": str(error)}, "endTime": time.time()}
        raise error if isinstance(error, Ended) else Ended("failed", f"Action {name} failed: {error}") from error
    action |= {"state": {"status": "completed", "reason": "Action was completed."}, "endTime": time.time()}


def _sleep(row: Row, seconds: float) -> None:
    """So many simulated seconds, with an eye on the stop conditions. Raises `Ended`."""
    end = time.monotonic() + clock.scaled(seconds)
    while (left := end - time.monotonic()) > 0:
        _check(row)
        time.sleep(min(LOOK, left))
    _check(row)


def _check(row: Row) -> None:
    if "_stop" in row:
        raise Ended("stopped", row["_stop"])
    alarms = adapter.read("alarms")
    for condition in row["stopConditions"]:
        name = str(condition.get("value", "")).partition(":alarm:")[2]
        if condition["source"] == "aws:cloudwatch:alarm" and (alarms.get(name) or {}).get("StateValue") == "ALARM":
            raise Ended("stopped", HALTED)


def _turn(row: Row, status: str, reason: str) -> None:
    before, row["state"] = row["state"], {"status": status, "reason": reason}
    detail = {
        "experiment-id": row["id"],
        "experiment-template-id": row["experimentTemplateId"],
        "old-state": before,
        "new-state": row["state"],
    }
    events.emit("aws.fis", "FIS Experiment State Change", detail, [row["arn"]])
    scope.logger.info("experiment %s is %s: %s", row["id"], status, reason)
