"""Secrets of stacks: `Ref` is the ARN, and what is generated keeps to what was asked for.

ministack gives the name as `Ref`, which no policy that refers to the secret would meet, and knows of the choices for a
generated text only its length and excluded characters.
"""

from __future__ import annotations

import json
import secrets
import string
from collections.abc import Mapping
from typing import Any

from refarch.local import adapter

TYPE = "AWS::SecretsManager::Secret"
KINDS = {
    "ExcludeLowercase": string.ascii_lowercase,
    "ExcludeUppercase": string.ascii_uppercase,
    "ExcludeNumbers": string.digits,
    "ExcludePunctuation": string.punctuation,
}


def install() -> None:
    handlers = adapter.read("handlers of resource types")[TYPE]
    handlers |= {"create": create(handlers["create"]), "update": update(handlers["update"])}
    handlers["delete"] = delete(handlers["delete"])
    readers = adapter.read("readers for drift")
    read, properties = readers[TYPE]
    readers[TYPE] = (delete(read), properties)


def create(handle: Any) -> Any:
    def handled(logical_id: str, props: Mapping[str, Any], *rest: Any) -> Any:
        _, attributes = handle(logical_id, with_text(props), *rest)
        return attributes["Arn"], attributes

    return handled


def update(handle: Any) -> Any:
    def handled(physical_id: str, old: Mapping[str, Any], new: Mapping[str, Any], *rest: Any, **named: Any) -> Any:
        same = old.get("GenerateSecretString") == new.get("GenerateSecretString")
        _, attributes = handle(name_of(physical_id), old, new if same else with_text(new), *rest, **named)
        return attributes["Arn"], attributes

    return handled


def delete(handle: Any) -> Any:
    def handled(physical_id: str, *rest: Any) -> Any:
        return handle(name_of(physical_id), *rest)

    return handled


def name_of(identity: str) -> str:
    """The name in a secret's ARN, without the six characters at its end; anything else stays."""
    return identity.split(":secret:", 1)[1].rpartition("-")[0] if ":secret:" in identity else identity


def with_text(props: Mapping[str, Any]) -> dict[str, Any]:
    """The properties with the text that `GenerateSecretString` asks for."""
    asked = props.get("GenerateSecretString")
    if asked is None or props.get("SecretString"):
        return dict(props)
    text = generated(asked)
    if "SecretStringTemplate" in asked:
        text = json.dumps({**json.loads(asked["SecretStringTemplate"]), asked["GenerateStringKey"]: text})
    return {**props, "SecretString": text}


def generated(asked: Mapping[str, Any]) -> str:
    """A random text: 32 characters of every kind that is not excluded, one of each kind at least unless told not to."""
    unwanted = set(str(asked.get("ExcludeCharacters", "")))
    wanted = [letters for name, letters in KINDS.items() if not _true(asked.get(name))]
    wanted += [" "] if _true(asked.get("IncludeSpace")) else []
    kinds = [kind for letters in wanted if (kind := "".join(each for each in letters if each not in unwanted))]
    length = int(asked.get("PasswordLength", 32))
    first = kinds if _true(asked.get("RequireEachIncludedType", True)) else []
    drawn = [secrets.choice(kind) for kind in first][:length]
    drawn += [secrets.choice("".join(kinds)) for _ in range(length - len(drawn))]
    secrets.SystemRandom().shuffle(drawn)
    return "".join(drawn)


def _true(value: Any) -> bool:
    return str(value).lower() == "true"
