"""Which values of parameters the conditions of two templates can tell apart.

A change behind `IsProduction` must be seen although the default is another environment. So every parameter that a
condition looks at takes its default, each value it is compared with, and one that is none of these; what the
conditions then say, alike for several, is looked at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice, product
from typing import Any

from refarch.gate.diff.values import Evaluator, is_function, text_of
from refarch.gate.templates import Template

_DEFAULT = object()
_OTHER = object()
_MAX_ASSIGNMENTS = 2_048
_MAX_SCENARIOS = 24
_MAX_LITERALS = 64
_MAX_CHAIN = 60
_MAX_WORK = 60_000
_PSEUDO = ("AWS::Region", "AWS::Partition", "AWS::AccountId", "AWS::StackName", "AWS::URLSuffix")


@dataclass(frozen=True)
class Side:
    """One template under one scenario: what evaluates its values, and what its conditions say."""

    template: Template
    evaluator: Evaluator

    def exists(self, resource: Mapping[str, Any]) -> bool:
        """False where the resource's condition is known to be false."""
        return self.evaluator.truths.get(resource.get("Condition", "")) is not False


@dataclass(frozen=True)
class Scenario:
    """Both templates under the same values; `text` says which, empty for the defaults."""

    text: str
    old: Side
    new: Side


@dataclass(frozen=True)
class Scenarios:
    """All that were looked at, the defaults first; `left_out` where there were too many for all."""

    all: tuple[Scenario, ...]
    left_out: bool


def scenarios_of(old: Template, new: Template, given: Mapping[str, str]) -> Scenarios:
    """The scenarios of two templates. `given` fixes parameters and pseudo parameters to a value."""
    choices = {name: values for name, values in sorted(_choices(old, new).items()) if name not in given}
    seen: dict[Any, Scenario] = {}
    assignments = product(*choices.values())
    work = 1 + sum(len(str(side.section("Conditions"))) // 20 for side in (old, new))
    most = max(8, min(_MAX_ASSIGNMENTS, _MAX_WORK // work))
    for number, values in enumerate(islice(assignments, most)):
        chosen = dict(zip(choices, values, strict=True))
        scenario = Scenario(_text(chosen), _side(old, chosen, given), _side(new, chosen, given))
        key = tuple(tuple(sorted(side.evaluator.truths.items())) for side in (scenario.old, scenario.new))
        seen.setdefault(key, scenario)
        if len(seen) > _MAX_SCENARIOS or number + 1 == most:
            return Scenarios(tuple(seen.values())[:_MAX_SCENARIOS], next(assignments, None) is not None)
    return Scenarios(tuple(seen.values()), False)


def _choices(old: Template, new: Template) -> dict[str, list[Any]]:
    """For each parameter that decides a condition, the values to look at, the default first."""
    compared: dict[str, dict[str, None]] = {}
    for template in (old, new):
        for name, literal in _comparisons(template):
            compared.setdefault(name, {})
            if literal is not None and len(compared[name]) < _MAX_LITERALS:
                compared[name][literal] = None
    found: dict[str, list[Any]] = {}
    for name, literals in compared.items():
        declared = [each for side in (old, new) if (each := side.section("Parameters").get(name))]
        defaults = {text_of(each["Default"]) for each in declared if "Default" in each}
        allowed = {text_of(value) for each in declared for value in _listed(each.get("AllowedValues"))}
        first = [_DEFAULT] if defaults else []
        rest = [literal for literal in literals if {literal} != defaults and (not allowed or literal in allowed)]
        closed = bool(allowed) and allowed <= {*literals, *(defaults if len(defaults) == 1 else ())}
        others = [] if closed else [_OTHER]
        found[name] = [*first, *rest, *others] if first else [*others, *rest]
    return found


def _comparisons(template: Template) -> Iterator[tuple[str, str | None]]:
    """Parameters that conditions refer to, each with a literal that it is compared with."""
    known = {*template.section("Parameters"), *_PSEUDO}
    pending: list[Any] = list(template.section("Conditions").values())
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            pair = value.get("Fn::Equals")
            if isinstance(pair, list) and len(pair) == 2:
                for one, other in (pair, pair[::-1]):
                    if (name := _referred(one)) in known:
                        yield name, text_of(other)
            elif (name := _referred(value)) in known:
                yield name, None
            pending += value.values()
        elif isinstance(value, list):
            pending += value


def _referred(value: Any) -> str:
    name = value.get("Ref") if is_function(value) else None
    return name if isinstance(name, str) else ""


def _side(template: Template, chosen: Mapping[str, Any], given: Mapping[str, str]) -> Side:
    declared = template.section("Parameters")
    parameters: dict[str, Any] = {}  # what properties see: the default, or a reference that may be anything
    decisive: dict[str, Any] = {}  # what conditions see: the value that this scenario is about
    fixed: dict[str, Any] = {name: value for name, value in given.items() if name not in declared}
    for name, each in declared.items():
        value = given.get(name, chosen.get(name, _DEFAULT))
        if name in given:
            fixed[name] = _typed(each, value)
        elif value is _DEFAULT and "Default" in each:
            parameters[name] = _typed(each, each["Default"])
        if value is not _DEFAULT and value is not _OTHER:
            decisive[name] = _typed(each, value)
    decisive |= {name: chosen[name] for name in _PSEUDO if chosen.get(name, _OTHER) not in (_OTHER, _DEFAULT)}
    parameters |= fixed
    truths: dict[str, bool | None] = {}
    mappings = template.section("Mappings")
    others = frozenset(name for name, value in chosen.items() if value is _OTHER)
    conditions = _Conditions(template.section("Conditions"), Evaluator(mappings, parameters | decisive, truths), others)
    truths.update({name: conditions.named(name) for name in template.section("Conditions")})
    return Side(template, Evaluator(mappings, parameters, truths, fixed))


def _typed(declared: Mapping[str, Any], value: Any) -> Any:
    """What `Ref` gives: a list of a list type, and the name of what CloudFormation will look up in SSM."""
    kind = str(declared.get("Type", "String"))
    if kind.startswith("AWS::SSM::Parameter::Value"):
        return {"Fn::SsmParameter": value}
    if (kind == "CommaDelimitedList" or kind.startswith("List<")) and isinstance(value, str):
        return [each.strip() for each in value.split(",")]
    return value


@dataclass
class _Conditions:
    """Three-valued truth: True, False, or None where only AWS knows."""

    declared: Mapping[str, Any]
    evaluator: Evaluator
    others: frozenset[str]
    known: dict[str, bool | None] = field(default_factory=dict)

    def named(self, name: Any, depth: int = 0) -> bool | None:
        if not isinstance(name, str) or name not in self.declared or depth > _MAX_CHAIN:
            return None
        if name not in self.known:
            self.known[name] = None  # what a condition says that refers to itself
            self.known[name] = self.truth(self.declared[name], depth + 1)
        return self.known[name]

    def truth(self, value: Any, depth: int) -> bool | None:
        if not isinstance(value, dict) or len(value) != 1 or depth > _MAX_CHAIN:
            return None
        name, argument = next(iter(value.items()))
        if name == "Condition":
            return self.named(argument, depth)
        parts = argument if isinstance(argument, list) else []
        if name == "Fn::Equals":
            return self._equals(parts)
        truths = [self.truth(each, depth + 1) for each in parts]
        if name == "Fn::Not" and len(truths) == 1:
            return None if truths[0] is None else not truths[0]
        decided = {"Fn::And": False, "Fn::Or": True}.get(name)
        if decided is None or not truths:
            return None
        return decided if decided in truths else None if None in truths else not decided

    def _equals(self, parts: list[Any]) -> bool | None:
        if len(parts) != 2:
            return None
        one, other = (self.evaluator.value(each) for each in parts)
        if one == other:
            return True
        if text_of(one) is not None and text_of(other) is not None:
            return text_of(one) == text_of(other)
        # A parameter that takes none of the values it is compared with differs from every literal.
        for value, against in ((one, other), (other, one)):
            if _referred(value) in self.others and text_of(against) is not None:
                return False
        return None


def _text(chosen: Mapping[str, Any]) -> str:
    told = {name: value for name, value in chosen.items() if value is not _DEFAULT and value is not _OTHER}
    told |= {name: value for name, value in chosen.items() if value is _OTHER and name not in _PSEUDO}
    return ", ".join(f"{name} is {'another' if value is _OTHER else value!r}" for name, value in told.items())


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
