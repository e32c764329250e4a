"""Finds the rules: every `Rule` in a module of `rules/`. A new family is a new file, and nothing else changes."""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module

from refarch.gate.policy import rules
from refarch.gate.policy.model import PROFILES, Profile, Rule


@cache
def all_rules() -> tuple[Rule, ...]:
    """Every rule, by id. Raises `ValueError` where two share one."""
    found: dict[str, Rule] = {}
    for module in sorted(each.name for each in pkgutil.iter_modules(rules.__path__)):
        for value in vars(import_module(f"{rules.__name__}.{module}")).values():
            if isinstance(value, Rule) and found.setdefault(value.id, value) is not value:
                raise ValueError(f"two rules are called {value.id!r}; the second is in {module}")
    return tuple(found[id] for id in sorted(found))


def rules_of(profile: Profile) -> tuple[Rule, ...]:
    """The rules of a profile, by id. Raises `ValueError` for a profile that is none."""
    if profile not in PROFILES:
        raise ValueError(f"profile is {profile!r}, allowed: {', '.join(PROFILES)}")
    return tuple(each for each in all_rules() if each.applies_in(profile))
