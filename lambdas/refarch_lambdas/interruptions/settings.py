"""What a responder looks after and what it does: the construct writes it, the function reads it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from refarch_lambdas.interruptions.interruption import REBALANCE, SCHEDULED, Instance

DEREGISTER, DRAIN, MEMBERSHIP, COMMAND, NOTIFY = "deregister", "drain", "membership", "command", "notify"
COMPLETE = "complete"
EVERY_ACTION = (DEREGISTER, DRAIN, MEMBERSHIP, COMMAND, NOTIFY)
"""In the order in which they run: what takes traffic away first, telling people last."""
TARGET_GROUP_TAGS = ("loadBalancerTargetGroup", "TargetGroupArn")
"""The post's code reads the first, the post's text names the second."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """`scope_tags`, `scope_groups`, `clusters`: which instances are looked after; none given means every one.
    `rebalance_drains`: whether a rebalance recommendation is answered like a notice, or only told.
    `custom_actions`: modules of somebody's own. `hooks`: lifecycle hooks that are ours to complete.
    Empty `table`, `topic`, `document` switch off what needs them."""

    scope_tags: Mapping[str, str] = field(default_factory=dict)
    scope_groups: tuple[str, ...] = ()
    clusters: tuple[str, ...] = ()
    scope_clusters: bool = True
    discover_through_group: bool = True
    rebalance_drains: bool = False
    services: tuple[str, ...] = ()
    document: str = ""
    document_tag: str = "refarch:interruption-command"
    topic: str = ""
    table: str = ""
    log_days: int = 400
    custom_actions: tuple[str, ...] = ()
    hooks: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, text: str) -> Settings:
        """Raises `ValueError` for keys that are no settings."""
        document: dict[str, Any] = json.loads(text)
        known = {each.name for each in fields(cls)}
        if unknown := sorted(set(document) - known):
            raise ValueError(f"settings are {unknown}, allowed: {sorted(known)}")
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in document.items()
        }
        return cls(**values)

    @property
    def everything(self) -> bool:
        """Whether no filter is given: then every instance of account and region is looked after."""
        return not (self.scope_tags or self.scope_groups or (self.clusters and self.scope_clusters))


def looks_after(settings: Settings, instance: Instance, in_cluster: bool) -> bool:
    """Whether an instance is this responder's: it has all the tags, or is in one of the groups or clusters."""
    if settings.everything:
        return True
    tagged = bool(settings.scope_tags) and settings.scope_tags.items() <= instance.tags.items()
    return tagged or instance.auto_scaling_group in settings.scope_groups or (settings.scope_clusters and in_cluster)


def actions_for(settings: Settings, signal: str) -> tuple[str, ...]:
    """Which actions a signal asks for. Maintenance is days ahead, and most rebalance recommendations are followed by
    no notice: draining at once would take capacity away before its replacement is there."""
    if signal == SCHEDULED or (signal == REBALANCE and not settings.rebalance_drains):
        return (NOTIFY,)
    before_telling = EVERY_ACTION[: EVERY_ACTION.index(NOTIFY)]
    return (*before_telling, *settings.custom_actions, *((COMPLETE,) if settings.hooks else ()), NOTIFY)
