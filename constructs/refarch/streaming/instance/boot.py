"""An instance's start, step by step. Each is told on the console; the first that fails is signalled by its name."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

import refarch
from refarch.streaming.instance import files
from refarch.streaming.instance.metadata import instance_id
from refarch.streaming.instance.plan import Plan, load

_UNITS = Path("/etc/systemd/system")
_PROGRAM = Path(refarch.__file__).resolve().parent.parent
_PATIENCE = 120.0


def main(file: Path) -> int:
    """0 when the role serves. Otherwise CloudFormation has been told which step failed, and the exit code is 1."""
    plan, instance, step = load(file), "", "instance metadata"
    try:
        instance = instance_id()
        for step, act in steps(plan, instance):
            act()
            print(f"done: {step}", flush=True)
    except Exception as error:  # whatever it was, somebody waits for an answer
        print(f"FAILED {step}: {error}", flush=True)
        _signal(plan, f"{instance} {step}"[:64], "FAILURE")
        return 1
    _signal(plan, instance, "SUCCESS")
    return 0


def steps(plan: Plan, instance: str) -> list[tuple[str, Callable[[], None]]]:
    """What is done, in this order: logs first, so that what fails is told; then the address, as secrets and packages of
    others may need the way out."""
    return [
        ("logs", lambda: ship_logs(plan)),
        ("address", lambda: take_address(plan, instance)),
        ("secrets", lambda: write_secrets(plan)),
        ("settings", lambda: write_settings(plan)),
        ("services", lambda: start(plan)),
        ("health", lambda: wait_until_healthy(plan)),
    ]


def ship_logs(plan: Plan) -> None:
    """Where the files of secrets will be, it is told, so that none of them is shipped."""
    if not plan.logs:
        return
    told = {**plan.logs, "region": plan.region, "secret_files": [each.file for each in plan.secrets]}
    files.write(Path(plan.folder) / "logs.json", json.dumps(told, indent=2) + "\n")
    if plan.logs_unit:
        _install([plan.logs_unit])
        _run("systemctl", "enable", "--now", Path(plan.logs_unit).name)


def take_address(plan: Plan, instance: str, patience: float = _PATIENCE) -> None:
    """Take the Elastic IP from whoever has it, so that encoders keep their address. Tried again until it succeeds.

    Raises `ClientError` or `BotoCoreError` when `patience` (seconds) is over.
    """
    until = time.monotonic() + patience
    while plan.allocation_id:
        try:
            _client("ec2", plan).associate_address(
                AllocationId=plan.allocation_id, InstanceId=instance, AllowReassociation=True
            )
            return
        except (ClientError, BotoCoreError) as error:
            if time.monotonic() > until:
                raise
            print(f"address: {error}; once more", flush=True)
            time.sleep(3)


def write_secrets(plan: Plan) -> None:
    """Files that only root and the role's user can read. Raises `BadSecretError` for one that is of no use."""
    for each in plan.secrets:
        files.write(Path(each.file), each.content(fetch_secret(plan, each.secret)), each.mode)


def fetch_secret(plan: Plan, secret: str) -> str:
    """Raises `ClientError` or `BotoCoreError`."""
    return str(_client("secretsmanager", plan).get_secret_value(SecretId=secret)["SecretString"])


def write_settings(plan: Plan) -> None:
    files.write(Path(plan.folder) / f"{plan.role}.json", json.dumps(plan.settings, indent=2) + "\n")
    for name, text in plan.files.items():
        files.write(Path(name), text)


def start(plan: Plan) -> None:
    """The units come from the program's own folder. Raises `CalledProcessError` where systemd refuses."""
    _install(plan.units)
    for service in plan.services:
        _run("systemctl", "enable", "--now", service)


def _install(units: Sequence[str]) -> None:
    for unit in units:
        shutil.copyfile(_PROGRAM / unit, _UNITS / Path(unit).name)
    if units:
        _run("systemctl", "daemon-reload")


def wait_until_healthy(plan: Plan) -> None:
    """Raises `TimeoutError` when the role does not answer in time."""
    until, last = time.monotonic() + plan.health_seconds, "nothing yet"
    while plan.health:
        try:
            with urllib.request.urlopen(plan.health, timeout=2):  # noqa: S310 - http, on this host
                return
        except OSError as error:
            last = str(error)
        if time.monotonic() > until:
            raise TimeoutError(f"{plan.health} does not answer: {last}")
        time.sleep(0.5)


def _signal(plan: Plan, unique: str, status: str) -> None:
    if not plan.resource:
        return
    try:
        _client("cloudformation", plan).signal_resource(
            StackName=plan.stack, LogicalResourceId=plan.resource, UniqueId=unique, Status=status
        )
    except ClientError as error:  # nobody waits any more: an instance of later years
        print(f"signal: {error}", flush=True)


def _client(service: str, plan: Plan) -> Any:
    return boto3.client(service, region_name=plan.region or None)


def _run(*command: str) -> None:
    subprocess.run(command, check=True)
