"""The instance that a program runs on: what it is called, whether it is to go, and that it must not while it works."""

from __future__ import annotations

import threading
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from typing import Any

from refarch.streaming.data_plane.supervisor import log

_EVERY_SECONDS = 5.0
_SESSION = "/latest/api/token"
_SESSION_SECONDS = "21600"
_TIMEOUT = 2.0
_ACTION = "/latest/meta-data/spot/instance-action"
_STATE = "/latest/meta-data/autoscaling/target-lifecycle-state"


class Metadata:
    """The instance metadata service, version 2. `address` is host:port; a path after it goes before all others."""

    def __init__(self, address: str) -> None:
        self._address, slash, path = address.partition("/")
        self._prefix, self._token = slash + path, ""

    def get(self, path: str) -> str:
        """Empty where there is nothing. Raises `OSError` where nobody answers."""
        try:
            if not self._token:
                _, self._token = self._ask("PUT", _SESSION, {"X-aws-ec2-metadata-token-ttl-seconds": _SESSION_SECONDS})
            status, text = self._ask("GET", path, {"X-aws-ec2-metadata-token": self._token})
        except HTTPException as error:
            raise OSError(str(error)) from error
        if status == HTTPStatus.UNAUTHORIZED:
            self._token = ""
        return text if status == HTTPStatus.OK else ""

    def _ask(self, method: str, path: str, headers: dict[str, str]) -> tuple[int, str]:
        connection = HTTPConnection(self._address, timeout=_TIMEOUT)
        try:
            connection.request(method, self._prefix + path, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()


def watch(metadata: Metadata, stop: threading.Event, every: float = _EVERY_SECONDS) -> None:
    """Look for a Spot notice, or the group's decision, and set `stop` when there is one. Runs until then."""
    while not stop.wait(every):
        try:
            notice, state = metadata.get(_ACTION), metadata.get(_STATE)
        except OSError as error:
            log("metadata unreachable", why=str(error))
            continue
        if notice or state.startswith("Terminated"):
            log("interruption", notice=notice, state=state)
            stop.set()


def group_of(scaling: Any, instance: str) -> str:
    """The Auto Scaling group of an instance; empty where it is in none, or nobody asks."""
    if scaling is None or not instance:
        return ""
    found = scaling.describe_auto_scaling_instances(InstanceIds=[instance])["AutoScalingInstances"]
    return str(found[0]["AutoScalingGroupName"]) if found else ""


class Protection:
    """Keeps the group's hands off an instance that works. Without a group, or an id, it does nothing."""

    def __init__(self, scaling: Any, group: str, instance: str) -> None:
        self._scaling, self._group, self._instance, self._on = scaling, group, instance, False

    def set(self, on: bool) -> None:
        """A refusal is logged and work goes on: the worst that may follow is that a message is handed back."""
        if not self._group or not self._instance or on == self._on:
            return
        try:
            self._scaling.set_instance_protection(
                AutoScalingGroupName=self._group, InstanceIds=[self._instance], ProtectedFromScaleIn=on
            )
            self._on = on
        except Exception as error:
            log("protection unchanged", wanted=on, why=str(error))
