"""A job definition and what a submission changes of it, put together. Pure; source: SubmitJob in the AWS Batch API."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

REFERENCE = re.compile(r"Ref::([A-Za-z0-9_-]+)")
RESERVED = "AWS_BATCH"  # variables that begin so are the service's own
NOT_RUN = ("nodeProperties", "ecsProperties", "eksProperties")


def parameters_of(definition: Mapping[str, Any], submission: Mapping[str, Any]) -> dict[str, str]:
    """Parameters: the submission's win over the definition's."""
    return {**(definition.get("parameters") or {}), **(submission.get("parameters") or {})}


def container_of(definition: Mapping[str, Any], submission: Mapping[str, Any]) -> dict[str, Any]:
    """The `container` of the job's description, with all overrides and parameters applied."""
    base: dict[str, Any] = dict(definition.get("containerProperties") or {})
    overrides: Mapping[str, Any] = submission.get("containerOverrides") or {}
    parameters = parameters_of(definition, submission)
    command = overrides.get("command") or base.get("command") or []
    base["command"] = [substituted(str(part), parameters) for part in command]
    base["environment"] = _by_key("name", base.get("environment"), overrides.get("environment"))
    base["resourceRequirements"] = _by_key(
        "type", base.get("resourceRequirements"), overrides.get("resourceRequirements")
    )
    for name in ("vcpus", "memory", "instanceType"):
        if overrides.get(name):
            base[name] = overrides[name]
    return {"volumes": [], "mountPoints": [], "ulimits": [], "networkInterfaces": [], "secrets": [], **base}


def substituted(text: str, parameters: Mapping[str, str]) -> str:
    """`text` with every `Ref::name` replaced; one without a value stays as it is."""
    return REFERENCE.sub(lambda found: str(parameters.get(found[1], found[0])), text)


def vcpus_of(container: Mapping[str, Any]) -> float:
    """How many vCPUs the job reserves; 1 when it does not say."""
    required = {entry.get("type"): entry.get("value") for entry in container.get("resourceRequirements") or ()}
    return float(required.get("VCPU") or container.get("vcpus") or 1)


def environment_of(container: Mapping[str, Any]) -> dict[str, str]:
    """The variables that definition and submission set; those of the service's own names are left out."""
    pairs = {entry["name"]: str(entry.get("value", "")) for entry in container.get("environment") or ()}
    return {name: value for name, value in pairs.items() if not name.startswith(RESERVED)}


def volumes_of(container: Mapping[str, Any]) -> list[str]:
    """The container paths where the job expects a folder."""
    return [str(point["containerPath"]) for point in container.get("mountPoints") or () if point.get("containerPath")]


def problems_of(definition: Mapping[str, Any], submission: Mapping[str, Any]) -> list[str]:
    """Why such a job cannot be taken; empty when it can."""
    found = []
    kinds = [kind for kind in NOT_RUN if definition.get(kind)]
    if kinds:
        found.append(f"the local cloud runs jobs with containerProperties only, this definition has {kinds[0]}")
    elif not (definition.get("containerProperties") or {}).get("image"):
        found.append("the job definition names no image")
    size = (submission.get("arrayProperties") or {}).get("size")
    if size is not None and not 2 <= int(size) <= 10_000:
        found.append(f"the size of an array job is {size}; allowed are 2 to 10000")
    name = str(submission.get("jobName") or "")
    if not re.fullmatch(r"[A-Za-z0-9][\w-]{0,127}", name):
        found.append(f"jobName is {name!r}; it must be 1 to 128 letters, digits, hyphens and underscores")
    return found


def end_problems(given: Mapping[str, Any]) -> list[str]:
    """What AWS would refuse of the retry strategy and the timeout of a definition or a submission."""
    strategy, found = given.get("retryStrategy") or {}, []
    if not 1 <= int(strategy.get("attempts") or 1) <= 10:
        found.append(f"retryStrategy.attempts is {strategy['attempts']}; allowed are 1 to 10")
    rules = strategy.get("evaluateOnExit") or ()
    if len(rules) > 5:
        found.append(f"evaluateOnExit has {len(rules)} entries; allowed are 5")
    found += [
        f"evaluateOnExit action is {rule.get('action')!r}; allowed are RETRY and EXIT"
        for rule in rules
        if str(rule.get("action", "")).upper() not in ("RETRY", "EXIT")
    ]
    seconds = (given.get("timeout") or {}).get("attemptDurationSeconds")
    if seconds is not None and int(seconds) < 60:
        found.append(f"attemptDurationSeconds is {seconds}; the minimum is 60")
    return found


def _by_key(key: str, *lists: Sequence[Mapping[str, Any]] | None) -> list[dict[str, Any]]:
    """Several lists as one: of entries with the same key the last counts, at the place of the first."""
    merged = {entry[key]: dict(entry) for entries in lists for entry in entries or ()}
    return list(merged.values())
