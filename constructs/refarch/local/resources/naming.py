"""Physical names and identifiers of resources that the emulator does not name itself."""

from __future__ import annotations

import re
from typing import Any

from refarch.local.resources.attributes import Birth, synthesized
from refarch.local.resources.identities import REFERENCES
from refarch.local.resources.keywords import matches
from refarch.local.resources.pattern_samples import sample
from refarch.local.resources.schemas import ResourceType


def names_left_out(kind: ResourceType, properties: dict[str, Any]) -> list[str]:
    """The properties that name the resource and that the template leaves to CloudFormation."""
    plain = {"Name", f"{kind.kind}Name"} & {path[0] for path in kind.create_only}
    candidates = dict.fromkeys([*kind.identifiers, *sorted(plain)])
    return [
        name
        for name in candidates
        if name not in properties
        and name not in kind.settled
        and name.endswith(("Name", "Identifier"))
        and kind.node((name,)).get("type", "string") == "string"
    ]


def fitting(kind: ResourceType, name: str, generated: str, seed: str) -> str:
    """`generated` as the schema of the property `name` allows it: shorter, in small letters, or drawn anew."""
    node = kind.node((name,))
    longest = node.get("maxLength", len(generated))
    short = generated if len(generated) <= longest else generated[-longest:].lstrip("-")
    pattern = node.get("pattern", "")
    for candidate in (short, short.lower(), re.sub(r"\W", "", short), re.sub(r"\W", "", short).lower()):
        if matches(pattern, candidate):
            return candidate
    return sample(pattern, seed, shortest=node.get("minLength", 0), longest=longest) or short


def physical_id(birth: Birth, known: dict[str, Any]) -> str:
    """What `Ref` gives: the parts of the primary identifier, joined by a bar."""
    parts = REFERENCES.get(birth.kind.name) or birth.kind.identifier
    values = [known.get(part) or synthesized(birth, (part,)) or birth.name for part in parts]
    return "|".join(str(value) for value in values) or birth.name
