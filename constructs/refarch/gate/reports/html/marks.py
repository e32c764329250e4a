"""HTML by small functions: every text is escaped unless it is `Markup`, so nothing in a template becomes markup."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


Content = str | Iterable[str]


def tag(name: str, content: Content = "", /, **attributes: str | bool) -> Markup:
    """`tag("p", "a < b", id="x")`. A trailing or inner underscore of an attribute's name stands for nothing or `-`."""
    given = "".join(_attribute(key, value) for key, value in attributes.items())
    return Markup(f"<{name}{given}>{inner(content)}</{name}>")


def inner(content: Content) -> Markup:
    """A text, or several one after the other."""
    parts = [content] if isinstance(content, str) else content
    return Markup("".join(each if isinstance(each, Markup) else escape(each) for each in parts))


def _attribute(key: str, value: str | bool) -> str:
    name = key.rstrip("_").replace("_", "-")
    if isinstance(value, bool):
        return f" {name}" if value else ""
    return f' {name}="{escape(value)}"'


def table(headings: Iterable[str], rows: Iterable[Iterable[str]], caption: str, **attributes: str) -> Markup:
    """A table whose rows are whole `<tr>` or lists of cells; the caption is for those who hear the page."""
    head = tag("tr", [tag("th", each or Markup('<span class="unseen">state</span>'), scope="col") for each in headings])
    body = [each if isinstance(each, Markup) else tag("tr", [tag("td", cell) for cell in each]) for each in rows]
    parts = [tag("caption", caption), tag("thead", head), tag("tbody", body)]
    return tag(
        "div", tag("table", parts, **attributes), class_="scroll", tabindex="0", role="region", aria_label=caption
    )


def folded(summary: str, content: Content, *, is_open: bool = False) -> Markup:
    """Opens at a click."""
    return tag("details", [tag("summary", summary), inner(content)], open=is_open)
