"""What is registered: targets, policies and scheduled actions of each account and region."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Any

from refarch.local import adapter

Target = tuple[str, str, str]  # service namespace, resource id, scalable dimension
Entry = dict[str, Any]


@dataclass
class Region:
    """One account's registrations in one region; policies and actions are found by target and name."""

    targets: dict[Target, Entry] = field(default_factory=dict)
    policies: dict[tuple[Target, str], Entry] = field(default_factory=dict)
    actions: dict[tuple[Target, str], Entry] = field(default_factory=dict)
    activities: list[Entry] = field(default_factory=list)
    tags: dict[str, dict[str, str]] = field(default_factory=dict)  # by the target's ARN


_regions: dict[tuple[str, str], Region] = {}


def here() -> tuple[str, str, Region]:
    """Account, region and what is registered there, for the request at hand."""
    account, region = str(adapter.read("account of the request")()), str(adapter.read("region of the request")())
    return account, region, _regions.setdefault((account, region), Region())


def everywhere() -> list[tuple[str, str, Region]]:
    return [(account, region, found) for (account, region), found in list(_regions.items())]


def empty() -> None:
    _regions.clear()


def save() -> Any:
    return [
        [
            account,
            region,
            {
                "targets": [[list(key), value] for key, value in found.targets.items()],
                "policies": [[list(key), name, value] for (key, name), value in found.policies.items()],
                "actions": [[list(key), name, value] for (key, name), value in found.actions.items()],
                "tags": found.tags,
            },
        ]
        for account, region, found in everywhere()
    ]


def load(saved: Any) -> None:
    for account, region, parts in copy.deepcopy(saved):
        _regions[account, region] = Region(
            targets={_target(key): value for key, value in parts["targets"]},
            policies={(_target(key), name): value for key, name, value in parts["policies"]},
            actions={(_target(key), name): value for key, name, value in parts["actions"]},
            tags=parts["tags"],
        )


def _target(key: list[str]) -> Target:
    return key[0], key[1], key[2]
