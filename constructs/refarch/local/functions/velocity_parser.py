"""Reads a mapping template of API Gateway (Velocity) into a tree. `velocity.py` renders it.

What is read: text, references, `#set`, `#if`, `#elseif`, `#else`, `#foreach`, `#break`, `#stop`, comments, `#[[raw]]#`.
"""

from __future__ import annotations

import re
from typing import Any

from refarch.local.functions.velocity_expressions import Node, Reader

WORDS = "set|if|elseif|else|end|foreach|break|stop"
DIRECTIVE = re.compile(rf"#(?:\{{({WORDS})\}}|({WORDS})(?![A-Za-z]))")
SPECIAL = re.compile(r"[#$]")
REST_OF_LINE = re.compile(r"[ \t]*\r?\n")


class Parser(Reader):
    """Reads blocks: what stands between directives."""

    def block(self, *ends: str) -> tuple[list[Any], str]:
        """(what stands before the next of `ends`, which one it was); without `ends`: to the end of the text."""
        found: list[Any] = []
        while self.at < len(self.text):
            directive = DIRECTIVE.match(self.text, self.at)
            if directive and _word(directive) in ends:
                self.at = directive.end()
                return found, _word(directive)
            found.append(self._piece(directive))
        if ends:
            self.fail(f"#{'/#'.join(ends)} is missing")
        return found, ""

    def _piece(self, directive: re.Match[str] | None) -> Any:
        if directive:
            return self._directive(directive)
        character = self.text[self.at]
        if character == "#":
            skipped = self._comment()
            if skipped is not None:
                return skipped
        if character == "$":
            reference = self.reference()
            if reference:
                return reference
        stop = SPECIAL.search(self.text, self.at + 1)
        start, self.at = self.at, stop.start() if stop else len(self.text)
        return self.text[start : self.at]

    def _comment(self) -> str | None:
        for opening, closing, keeps in (("#[[", "]]#", True), ("#*", "*#", False), ("##", "\n", False)):
            if self.text.startswith(opening, self.at):
                end = self.text.find(closing, self.at + len(opening))
                end = len(self.text) if end < 0 else end
                raw = self.text[self.at + len(opening) : end]
                self.at = end + len(closing)
                return raw if keeps else ""
        return None

    def _directive(self, match: re.Match[str]) -> Node:
        word, self.at = _word(match), match.end()
        if word in ("break", "stop"):
            return Node(word)
        if word in ("end", "else", "elseif"):
            self.fail(f"#{word} without #if")
        self.expect("(")
        if word == "set":
            target = self._target()
            self.expect("=")
            made = Node("set", [target, self.expression()])
            self.expect(")")
            self._swallow_line_end()
            return made
        return self._foreach() if word == "foreach" else self._if()

    def _target(self) -> Node:
        self.blanks()
        target = self.reference()
        return target or self.fail("a variable is missing")

    def _foreach(self) -> Node:
        target = self._target()
        self.blanks()
        self.expect("in")
        items = self.expression()
        self.expect(")")
        self._swallow_line_end()
        body, _ = self.block("end")
        self._swallow_line_end()
        return Node("foreach", [target, items, body])

    def _if(self) -> Node:
        """parts: [(condition or None, body), …] in order."""
        made = Node("if")
        condition: Any = self.expression()
        self.expect(")")
        while True:
            self._swallow_line_end()
            body, end = self.block("elseif", "else", "end")
            made.parts.append((condition, body))
            if end == "end":
                self._swallow_line_end()
                return made
            condition = None
            if end == "elseif":
                self.expect("(")
                condition = self.expression()
                self.expect(")")

    def _swallow_line_end(self) -> None:
        """A directive takes the rest of its line with it when nothing stands there."""
        rest = REST_OF_LINE.match(self.text, self.at)
        if rest:
            self.at = rest.end()


def _word(directive: re.Match[str]) -> str:
    return directive[1] or directive[2]
