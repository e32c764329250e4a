"""How a resource type maps to an API: the one shape of the entries in `api_backed`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Action = str | Callable[[Any, dict[str, Any]], Any] | None


@dataclass(frozen=True, kw_only=True)
class Backing:
    """The actions of `service` that make a type real. An action is the name of a boto3 method, whose members are
    filled from properties of the same names, or a function of (client, properties).

    `identity`: members of update and delete that name the resource, from an attribute, a property or "Ref".
    `renamed`: property -> member. `attributes`: attribute -> member of the reply, where the names differ.
    `wrapped`: action -> the member that holds all others. `fixed`: members with one value.
    `tagged`: the attribute with the id for EC2's create_tags. `drawn`: read-only names that the API wants to be given.
    `renews`: an update makes a new revision with an identifier of its own.
    `lenient`: what the API refuses is recorded only; so for types whose mapping is derived, not written.
    """

    service: str
    create: Action
    delete: Action = None
    update: Action = None
    identity: Mapping[str, str] = field(default_factory=dict)
    renamed: Mapping[str, str] = field(default_factory=dict)
    attributes: Mapping[str, str] = field(default_factory=dict)
    wrapped: Mapping[str, str] = field(default_factory=dict)
    fixed: Mapping[str, Any] = field(default_factory=dict)
    tagged: str | None = None
    drawn: tuple[str, ...] = ()
    renews: bool = False
    lenient: bool = False
