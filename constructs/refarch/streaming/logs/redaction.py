"""Takes secrets out of lines: by what they are called, and, where the instance knows them, by what they are."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path

HIDDEN = "***"
_SHORTEST = 8
# Publish keys and passphrases in addresses; CloudFront's and AWS's signatures in queries and cookies.
_NAMES = r"key|passphrase|password|token|signature|policy|key-pair-id|x-amz-(?:signature|security-token|credential)"
_NAMED = re.compile(rf"(?i)(?<![a-z0-9_])((?:cloudfront-)?(?:{_NAMES})=)[^\s&;,\"'|\]<>\\]+")
_SIGNED = re.compile(r"/signed/[A-Za-z0-9_-]+/")
_IN_ADDRESS = re.compile(r"(?<=://)[^\s/@\"']+@")


def redact(text: str, known: Iterable[str] = ()) -> str:
    """`text` without secrets. `known` are secrets themselves, which may stand anywhere."""
    for secret in known:
        text = text.replace(secret, HIDDEN)
    text = _NAMED.sub(rf"\1{HIDDEN}", text)
    text = _SIGNED.sub(f"/signed/{HIDDEN}/", text)
    return _IN_ADDRESS.sub(f"{HIDDEN}@", text)


def secrets_in(text: str) -> set[str]:
    """Those of a file that an instance made of a secret: JSON of keys, addresses with ?key=, or one line."""
    if text.lstrip().startswith("{"):
        found = {str(key) for keys in json.loads(text).values() for key in (keys if isinstance(keys, list) else [keys])}
    elif "://" in text:
        found = set(re.findall(r"[?&](?:key|passphrase)=([^\s&]+)", text))
    else:
        found = set(text.split())
    return {each for each in found if len(each) >= _SHORTEST}


class KnownSecrets:
    """What stands in the files of secrets, read again when one changes: keys are renewed without a restart."""

    def __init__(self, files: Iterable[str]) -> None:
        self._files = [Path(file) for file in files]
        self._read: dict[Path, tuple[float, set[str]]] = {}

    def now(self) -> set[str]:
        """Those of before stay: a line of a minute ago may hold one."""
        for file in self._files:
            try:
                changed = file.stat().st_mtime
                before = self._read.get(file, (0.0, set[str]()))
                if changed != before[0]:
                    self._read[file] = (changed, before[1] | secrets_in(file.read_text()))
            except (OSError, ValueError, AttributeError):
                continue  # not there yet, or half written: the names in the lines are hidden all the same
        return {secret for _, found in self._read.values() for secret in found}
