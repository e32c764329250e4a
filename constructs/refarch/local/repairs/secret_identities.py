"""`Ref` of a secret is its ARN. ministack gives its name, which no policy that refers to the secret would meet."""

from __future__ import annotations

from typing import Any

from refarch.local import adapter

TYPE = "AWS::SecretsManager::Secret"


def install() -> None:
    handlers = adapter.read("handlers of resource types")[TYPE]
    handlers |= {verb: around(handlers[verb]) for verb in ("create", "update", "delete")}


def around(handle: Any) -> Any:
    """The handler, which knows secrets by their names, for an engine that knows them by their ARNs."""

    def handled(first: str, *rest: Any, **named: Any) -> Any:
        made = handle(name_of(first), *rest, **named)
        if not isinstance(made, tuple):
            return made
        _, attributes = made
        return attributes["Arn"], attributes

    return handled


def name_of(identity: str) -> str:
    """The name in a secret's ARN, without the six characters at its end; anything else stays."""
    return identity.split(":secret:", 1)[1].rpartition("-")[0] if ":secret:" in identity else identity
