"""How the service refuses."""

from __future__ import annotations

from typing import Any


class Refused(Exception):
    """An error of the API: its code, its message, and what else its answer holds."""

    def __init__(self, code: str, message: str, **more: Any) -> None:
        self.code = code
        self.more = more
        super().__init__(message)


def invalid(message: str) -> Refused:
    return Refused("ValidationException", message)


def not_found(what: str, target: tuple[str, str, str]) -> Refused:
    namespace, resource, dimension = target
    place = f"service namespace: {namespace}, resource ID: {resource}, scalable dimension: {dimension}"
    return Refused("ObjectNotFoundException", f"No {what} for {place}")
