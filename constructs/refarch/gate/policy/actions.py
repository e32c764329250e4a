"""Which IAM actions exist and what they can be limited to, from the authorization data that cfn-lint carries."""

from __future__ import annotations

import fnmatch
from functools import cache
from typing import Any

from refarch.gate.policy.data import additional_spec

# The data lists a resource type for these, but who calls them without one is refused when the policy names one.
_ONLY_EVERYWHERE = frozenset({"cloudwatch:putmetricdata"})


@cache
def expand(pattern: str) -> tuple[str, ...]:
    """The actions, in lower case, that a pattern such as `ec2:Describe*` stands for; empty: there are none.

    `*` alone is not expanded but returned as it is: it also stands for what does not exist yet.
    """
    if pattern == "*":
        return ("*",)
    service, _, name = pattern.lower().partition(":")
    known = _actions(service)
    if not any(character in name for character in "*?"):
        return (f"{service}:{name}",) if name in known else ()
    return tuple(f"{service}:{each}" for each in known if fnmatch.fnmatchcase(each, name.replace("[", "[[]")))


def service_known(pattern: str) -> bool:
    """Whether the data has the service of an action; a new service is no typing error."""
    return pattern.lower().partition(":")[0] in _services()


@cache
def resource_types(action: str) -> tuple[str, ...]:
    """What an action (in lower case) can be limited to: kinds of resources, as the service names them."""
    service, _, name = action.partition(":")
    if action in _ONLY_EVERYWHERE:
        return ()
    return tuple(_actions(service).get(name, {}).get("Resources", ()))


def arn_formats(service: str, kind: str) -> tuple[str, ...]:
    """Patterns of the ARNs of a kind of resources."""
    return tuple(_services().get(service, {}).get("Resources", {}).get(kind, {}).get("ARNFormats", ()))


def nearest(pattern: str) -> str:
    """The action whose name is nearest to one that does not exist; empty: none is near."""
    import difflib

    service, _, name = pattern.lower().partition(":")
    found = difflib.get_close_matches(name, _actions(service), n=1, cutoff=0.75)
    return f"{service}:{found[0]}" if found else ""


def _actions(service: str) -> dict[str, Any]:
    actions: dict[str, Any] = _services().get(service, {}).get("Actions", {})
    return actions


def _services() -> dict[str, Any]:
    return additional_spec("Policies")
