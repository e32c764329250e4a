"""What a template must and must not do, as rules: `check(template)` gives findings; docs/gate/policy.md lists them."""

from refarch.gate.policy.check import check
from refarch.gate.policy.model import PROFILES, Fault, Profile, Rule, fault, rule
from refarch.gate.policy.registry import all_rules, rules_of
from refarch.gate.policy.view import Resource, Settings, Template

__all__ = [
    "PROFILES",
    "Fault",
    "Profile",
    "Resource",
    "Rule",
    "Settings",
    "Template",
    "all_rules",
    "check",
    "fault",
    "rule",
    "rules_of",
]
