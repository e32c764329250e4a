"""Reads expressions of mapping templates (Velocity): references, literals, operators. `velocity_parser` does blocks."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, NoReturn

# By how much they bind, least first.
OPERATORS = (
    ("||", "or"),
    ("&&", "and"),
    ("==", "!=", "eq", "ne"),
    ("<=", ">=", "<", ">", "lt", "gt", "le", "ge"),
    ("+", "-"),
    ("*", "/", "%"),
)
WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
NUMBER = re.compile(r"\d+(\.\d+)?")
OPENING = re.compile(r"\$(!?)(\{?)")
DOTS = re.compile(r"\s*\.\.")


class TemplateError(ValueError):
    """A template that Velocity could not read; the text says where."""


@dataclass
class Node:
    """One node: its kind, and its parts by position (`parts`); `source` is the text of a reference."""

    kind: str
    parts: list[Any] = field(default_factory=list)
    source: str = ""
    quiet: bool = False


class Reader:
    """Goes through the text once; `at` is the place."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def block(self, *ends: str) -> tuple[list[Any], str]:
        """The template inside a text in double quotes."""
        raise NotImplementedError

    def reference(self) -> Node | None:
        """`$name.property.method(a, b)[0]`, `${…}`, `$!…`; None when no name follows the `$`."""
        start = self.at
        opening = OPENING.match(self.text, self.at)
        name = NAME.match(self.text, opening.end()) if opening else None
        if not opening or not name:
            return None
        self.at = name.end()
        steps: list[Node] = []
        while step := self._step():
            steps.append(step)
        if opening[2]:
            if not self.text.startswith("}", self.at):
                self.at = start
                return None
            self.at += 1
        return Node("reference", [name[0], steps], self.text[start : self.at], bool(opening[1]))

    def _step(self) -> Node | None:
        if self.text.startswith("[", self.at):
            self.at += 1
            index = self.expression()
            self.expect("]")
            return Node("index", [index])
        name = WORD.match(self.text, self.at + 1) if self.text.startswith(".", self.at) else None
        if not name:
            return None
        self.at = name.end()
        if not self.text.startswith("(", self.at):
            return Node("property", [name[0]])
        self.at += 1
        return Node("call", [name[0], self._listed(")")])

    def _listed(self, end: str) -> list[Any]:
        found: list[Any] = []
        self.blanks()
        while not self.text.startswith(end, self.at):
            found.append(self.expression())
            self.blanks()
            if self.text.startswith(",", self.at):
                self.at += 1
            self.blanks()
            if self.at >= len(self.text):
                self.fail(f"{end} is missing")
        self.at += len(end)
        return found

    def expression(self, level: int = 0) -> Any:
        """One expression: `||` binds least, then `&&`, comparisons, sums, products, `!`."""
        if level == len(OPERATORS):
            return self._operand()
        left = self.expression(level + 1)
        while operator := self._operator(OPERATORS[level]):
            left = Node("binary", [operator, left, self.expression(level + 1)])
        return left

    def _operator(self, operators: tuple[str, ...]) -> str | None:
        self.blanks()
        for operator in operators:
            if self.text.startswith(operator, self.at):
                after = self.at + len(operator)
                if operator.isalpha() and NAME.match(self.text, after):
                    continue
                self.at = after
                return operator
        return None

    def _operand(self) -> Any:
        self.blanks()
        character = self.text[self.at : self.at + 1]
        if character == "!":
            self.at += 1
            return Node("not", [self._operand()])
        if character == "-":
            self.at += 1
            return Node("binary", ["-", 0, self._operand()])
        if character == "(":
            self.at += 1
            inner = self.expression()
            self.expect(")")
            return inner
        if character == "$":
            return self.reference() or self.fail("a name is missing after $")
        return self._literal(character)

    def _literal(self, character: str) -> Any:
        if character and character in "'\"":
            return self._string(character)
        if character == "[":
            return self._list_or_range()
        if character == "{":
            return self._map()
        number = NUMBER.match(self.text, self.at)
        if number:
            self.at = number.end()
            # `1..3` is a range, not the number `1.`
            return float(number[0]) if "." in number[0] else int(number[0])
        word = NAME.match(self.text, self.at)
        if word and word[0] in ("true", "false", "null"):
            self.at = word.end()
            return {"true": True, "false": False, "null": None}[word[0]]
        return self.fail("an expression is missing")

    def _string(self, quote: str) -> Any:
        end = self.at + 1
        while self.text[end : end + 1] != quote or self.text[end + 1 : end + 2] == quote:
            end += 2 if self.text[end : end + 1] == quote else 1
            if end >= len(self.text):
                self.fail("a string does not end")
        inner = self.text[self.at + 1 : end].replace(quote * 2, quote)
        self.at = end + 1
        return Node("text", type(self)(inner).block()[0]) if quote == '"' else inner

    def _list_or_range(self) -> Node:
        self.at += 1
        self.blanks()
        if self.text.startswith("]", self.at):
            self.at += 1
            return Node("list")
        first = self.expression()
        dots = DOTS.match(self.text, self.at)
        if dots:
            self.at = dots.end()
            last = self.expression()
            self.expect("]")
            return Node("range", [first, last])
        self.blanks()
        if self.text.startswith(",", self.at):
            self.at += 1
        return Node("list", [first, *self._listed("]")])

    def _map(self) -> Node:
        self.at += 1
        pairs: list[tuple[Any, Any]] = []
        self.blanks()
        while not self.text.startswith("}", self.at):
            key = self.expression()
            self.expect(":")
            pairs.append((key, self.expression()))
            self.blanks()
            if self.text.startswith(",", self.at):
                self.at += 1
                self.blanks()
        self.at += 1
        return Node("map", list(pairs))

    def expect(self, wanted: str) -> None:
        self.blanks()
        if not self.text.startswith(wanted, self.at):
            self.fail(f"{wanted} is missing")
        self.at += len(wanted)

    def blanks(self) -> None:
        while self.at < len(self.text) and self.text[self.at].isspace():
            self.at += 1

    def fail(self, reason: str) -> NoReturn:
        raise TemplateError(f"{reason}, line {self.text.count(chr(10), 0, self.at) + 1}")
