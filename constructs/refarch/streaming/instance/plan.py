"""What an instance is told in its user data. One JSON object, without a secret in it; no AWS in here."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from refarch.streaming.instance import certificate, files

_KEY = re.compile(r"[A-Za-z0-9_-]{8,128}")
_PASSPHRASE = re.compile(r"[!-~]{10,79}")
FORMS = ("publish_keys", "text", "urls", "certificate", "passphrase")


class BadSecretError(ValueError):
    """A secret that cannot be what it is for. The message never holds the secret."""


@dataclass(frozen=True)
class SecretFile:
    """A file that is made of a secret when the instance starts."""

    file: str
    secret: str
    """ARN."""
    form: str
    """`publish_keys`: as the origin reads them; `text`: one line as it is; `urls`: `points` with the key in them;
    `certificate`: PEM of RTMPS, from JSON; `passphrase`: of SRT."""
    points: tuple[str, ...] = ()

    def content(self, secret: str) -> str:
        """What stands in the file. Raises `BadSecretError`."""
        if self.form == "text":
            return secret.strip() + "\n"
        if self.form == "certificate":
            return _certificate(secret)
        if self.form == "passphrase":
            return passphrase(secret) + "\n"
        keys = publish_keys(secret)
        if self.form == "publish_keys":
            return json.dumps(keys) + "\n"
        return "".join(f"{point}?key={_key_of(point, keys)}\n" for point in self.points)

    @property
    def mode(self) -> int:
        """Permissions of the file."""
        return files.PRIVATE if self.form in ("certificate", "passphrase") else files.SHARED


@dataclass(frozen=True)
class Plan:
    """Everything that `boot` does."""

    role: str
    settings: dict[str, Any]
    region: str = ""
    folder: str = "/etc/refarch-streaming"
    secrets: tuple[SecretFile, ...] = ()
    allocation_id: str = ""
    """The Elastic IP that this instance takes over. Empty: none."""
    units: tuple[str, ...] = ()
    """systemd's files to install, below the folder of the program."""
    services: tuple[str, ...] = ()
    """To start, in this order."""
    files: dict[str, str] = field(default_factory=dict)
    """Further files, by their path."""
    logs: dict[str, Any] = field(default_factory=dict)
    """What the shipper of logs is told. Empty: nothing is shipped."""
    logs_unit: str = ""
    """systemd's file of the shipper, below the folder of the program."""
    health: str = ""
    """Must answer 200 before the instance counts as started."""
    health_seconds: float = 120.0
    refresh_seconds: float = 300.0
    """How often `refresh` reads the secrets again."""
    stack: str = ""
    resource: str = ""
    """Whom to tell: CloudFormation, of the group with this logical id. Empty: nobody waits."""


def load(path: Path) -> Plan:
    """The plan in a JSON file. Raises `ValueError` or `TypeError` where it is none."""
    values: dict[str, Any] = json.loads(path.read_text())
    made = [SecretFile(**{**each, "points": tuple(each.get("points", ()))}) for each in values.pop("secrets", [])]
    values |= {name: tuple(values.get(name, ())) for name in ("units", "services")}
    return Plan(**values, secrets=tuple(made))


def publish_keys(secret: str) -> dict[str, list[str]]:
    """Keys by stream: a secret is one key for every stream (`*`), or JSON: {"*": ["key"], "name": ["key", "next"]}.

    Raises `BadSecretError`.
    """
    text = secret.strip()
    keys = {"*": [text]} if not text.startswith("{") else _parsed(text)
    good = isinstance(keys, dict) and all(isinstance(each, list) and each for each in keys.values())
    if not good or not keys or not all(_KEY.fullmatch(str(key)) for each in keys.values() for key in each):
        raise BadSecretError("the publish keys are one key of 8 to 128 letters, digits, _ and -, or JSON: name to keys")
    return keys


def passphrase(secret: str) -> str:
    """SRT's, one line. Raises `BadSecretError`."""
    if not _PASSPHRASE.fullmatch(secret.strip()):
        raise BadSecretError("the passphrase of SRT is 10 to 79 characters of ASCII, without spaces")
    return secret.strip()


def _certificate(secret: str) -> str:
    try:
        return certificate.pem(secret)
    except ValueError as error:
        raise BadSecretError(str(error)) from None


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        raise BadSecretError("the publish keys begin like JSON, but are none") from None


def _key_of(point: str, keys: dict[str, list[str]]) -> str:
    name = point.rsplit("/", 1)[-1]
    found = keys.get(name) or keys.get("*")
    if not found:
        raise BadSecretError(f"there is no publish key for {name!r}")
    return found[0]
