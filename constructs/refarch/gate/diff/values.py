"""Values of a template, evaluated as far as they are known, in one form: two ways to write the same are equal.

`Fn::Sub` and `Fn::Join` become one `Fn::Join` with "" of texts and references, literals are merged, `Fn::If` takes the
branch of the scenario, `Fn::FindInMap` what the map holds (all that it may hold where a key is not known), references
to parameters their value. What stays is a reference to a resource, a pseudo parameter or what only AWS knows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

NOTHING: Final = object()
"""`AWS::NoValue`: as if the property were not written."""
_VARIABLE = re.compile(r"\$\{(!?)([^}]*)\}")


def is_function(value: Any) -> bool:
    """True for a reference or an intrinsic function."""
    if type(value) is not dict or len(value) != 1:
        return False
    name = next(iter(value))
    return bool(name == "Ref" or name.startswith("Fn::"))


def text_of(value: Any) -> str | None:
    """A scalar as CloudFormation passes it on; None for everything else."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value) if isinstance(value, str | int | float) else None


def same(one: Any, other: Any) -> bool:
    """Equal, where 5 and "5", true and "true" are, as CloudFormation has it."""
    if one is other or one == other:
        return type(one) is type(other) or not isinstance(one, bool | int | float) or text_of(one) == text_of(other)
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    text = text_of(one)
    return text is not None and text == text_of(other)


def concatenated(parts: list[Any]) -> Any:
    """Texts and references in a row, in the one form that `same` compares."""
    merged: list[Any] = []
    for part in _flat(parts):
        text = text_of(part)
        if text is not None and merged and isinstance(merged[-1], str):
            merged[-1] += text
        elif text != "":
            merged.append(part if text is None else text)
    if not merged:
        return ""
    return merged[0] if len(merged) == 1 else {"Fn::Join": ["", merged]}


def _flat(parts: list[Any]) -> list[Any]:
    found: list[Any] = []
    for part in parts:
        inner = part.get("Fn::Join") if is_function(part) else None
        if isinstance(inner, list) and len(inner) == 2 and inner[0] == "" and isinstance(inner[1], list):
            found += inner[1]
        else:
            found.append(part)
    return found


class Evaluator:
    """Evaluates one template's values under one scenario.

    `parameters` holds what `Ref` gives for each parameter that has a value, `truths` what conditions say (None where
    that is not known). Keys of maps are evaluated with `fixed` alone: a default must not hide the other rows.
    Malformed functions stay as they are: whether a template is valid is not decided here.
    """

    def __init__(
        self,
        mappings: Mapping[str, Any],
        parameters: Mapping[str, Any],
        truths: Mapping[str, bool | None],
        fixed: Mapping[str, Any] | None = None,
    ) -> None:
        self.mappings, self.parameters, self.truths = mappings, parameters, truths
        self.keys = self if fixed is None else Evaluator(mappings, fixed, truths)
        self._functions: dict[str, Callable[[Any], Any]] = {
            "Ref": self._ref,
            "Fn::GetAtt": self._get_att,
            "Fn::If": self._if,
            "Fn::Sub": self._sub,
            "Fn::Join": self._join,
            "Fn::FindInMap": self._find,
            "Fn::Select": self._select,
            "Fn::Split": self._split,
        }

    def value(self, value: Any) -> Any:
        """The value, or `NOTHING`."""
        if type(value) is dict:
            if is_function(value):
                name, argument = next(iter(value.items()))
                known = self._functions.get(name)
                return known(argument) if known else {name: self.value(argument)}
            pairs = ((key, self.value(each)) for key, each in value.items())
            return {key: each for key, each in pairs if each is not NOTHING}
        if type(value) is list:
            return [each for each in map(self.value, value) if each is not NOTHING]
        return value

    def _ref(self, name: Any) -> Any:
        if name == "AWS::NoValue":
            return NOTHING
        return self.parameters.get(name, {"Ref": name}) if isinstance(name, str) else {"Ref": name}

    def _get_att(self, argument: Any) -> Any:
        parts = argument.split(".", 1) if isinstance(argument, str) else argument
        return {"Fn::GetAtt": self.value(parts)}

    def _if(self, argument: Any) -> Any:
        if not (isinstance(argument, list) and len(argument) == 3 and isinstance(argument[0], str)):
            return {"Fn::If": argument}
        truth = self.truths.get(argument[0])
        if truth is not None:
            return self.value(argument[1 if truth else 2])
        branches = [self.value(each) for each in argument[1:]]
        return {"Fn::If": [argument[0], *({"Ref": "AWS::NoValue"} if each is NOTHING else each for each in branches)]}

    def _sub(self, argument: Any) -> Any:
        text, variables = argument if isinstance(argument, list) and len(argument) == 2 else (argument, {})
        if not isinstance(text, str) or not isinstance(variables, dict):
            return {"Fn::Sub": argument}
        parts: list[Any] = []
        end = 0
        for match in _VARIABLE.finditer(text):
            parts += [text[end : match.start()], self._variable(match, variables)]
            end = match.end()
        return concatenated([*parts, text[end:]])

    def _variable(self, match: re.Match[str], variables: dict[str, Any]) -> Any:
        literal, name = match[1], match[2].strip()
        if literal:
            return f"${{{match[2]}}}"
        if name in variables:
            return self.value(variables[name])
        return self._get_att(name) if "." in name else self._ref(name)

    def _join(self, argument: Any) -> Any:
        evaluated = self.value(argument)
        if not (isinstance(evaluated, list) and len(evaluated) == 2 and isinstance(evaluated[1], list)):
            return {"Fn::Join": evaluated}
        delimiter = text_of(evaluated[0])
        if delimiter is None:
            return {"Fn::Join": evaluated}
        between = [part for each in evaluated[1] for part in (delimiter, each)]
        return concatenated(between[1:])

    def _find(self, argument: Any) -> Any:
        keys = self.keys.value(argument)
        if not (isinstance(keys, list) and len(keys) >= 3 and isinstance(keys[0], str)):
            return {"Fn::FindInMap": keys}
        table = self.mappings.get(keys[0])
        first, second = text_of(keys[1]), text_of(keys[2])
        if not isinstance(table, Mapping):
            return {"Fn::FindInMap": keys}
        if first is not None and second is not None:
            row = table.get(first)
            found = row.get(second) if isinstance(row, Mapping) else None
            return {"Fn::FindInMap": keys} if found is None else found
        rows = {name: row for name, row in table.items() if first in (None, name) and isinstance(row, Mapping)}
        cells = {name: {key: cell for key, cell in row.items() if second in (None, key)} for name, row in rows.items()}
        values = [cell for row in cells.values() for cell in row.values()]
        if values and all(same(each, values[0]) for each in values):
            return values[0]
        return {"Fn::FindInMap": [{"by": keys[1:]}, {"among": cells}]}

    def _select(self, argument: Any) -> Any:
        evaluated = self.value(argument)
        if isinstance(evaluated, list) and len(evaluated) == 2 and isinstance(evaluated[1], list):
            index = text_of(evaluated[0]) or ""
            if index.isascii() and index.isdecimal() and len(index) < 6 and int(index) < len(evaluated[1]):
                return evaluated[1][int(index)]
        return {"Fn::Select": evaluated}

    def _split(self, argument: Any) -> Any:
        evaluated = self.value(argument)
        if isinstance(evaluated, list) and len(evaluated) == 2 and all(isinstance(each, str) for each in evaluated):
            return evaluated[1].split(evaluated[0]) if evaluated[0] else {"Fn::Split": evaluated}
        return {"Fn::Split": evaluated}
