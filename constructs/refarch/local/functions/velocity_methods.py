"""The methods and properties that templates use on texts, lists and maps, by Java's names; `$input` and `$util`."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote_plus, unquote_plus

TEXT: dict[str, Callable[..., Any]] = {
    "length": len,
    "isEmpty": lambda text: not text,
    "trim": lambda text: text.strip(),
    "toLowerCase": lambda text: text.lower(),
    "toUpperCase": lambda text: text.upper(),
    "toString": lambda text: text,
    "contains": lambda text, part: part in text,
    "startsWith": lambda text, part: text.startswith(part),
    "endsWith": lambda text, part: text.endswith(part),
    "equals": lambda text, other: text == other,
    "equalsIgnoreCase": lambda text, other: text.lower() == str(other).lower(),
    "indexOf": lambda text, part: text.find(part),
    "lastIndexOf": lambda text, part: text.rfind(part),
    "substring": lambda text, start, end=None: text[start:end],
    "concat": lambda text, other: text + other,
    "replace": lambda text, old, new: text.replace(old, new),
    "replaceAll": lambda text, pattern, new: re.sub(pattern, _references(new), text),
    "replaceFirst": lambda text, pattern, new: re.sub(pattern, _references(new), text, count=1),
    "matches": lambda text, pattern: re.fullmatch(pattern, text) is not None,
    "split": lambda text, pattern: _without_empty_end(re.split(pattern, text)),
}
LIST: dict[str, Callable[..., Any]] = {
    "size": len,
    "isEmpty": lambda items: not items,
    "get": lambda items, position: index(items, position),
    "contains": lambda items, item: item in items,
    "indexOf": lambda items, item: items.index(item) if item in items else -1,
    "add": lambda items, item: items.append(item) is None,
}
MAP: dict[str, Callable[..., Any]] = {
    "size": len,
    "isEmpty": lambda entries: not entries,
    "get": lambda entries, key: entries.get(key),
    "containsKey": lambda entries, key: key in entries,
    "keySet": list,
    "values": lambda entries: list(entries.values()),
    "entrySet": lambda entries: [{"key": key, "value": value} for key, value in entries.items()],
    "put": lambda entries, key, value: entries.__setitem__(key, value),
    "remove": lambda entries, key: entries.pop(key, None),
}
METHODS: dict[type, dict[str, Callable[..., Any]]] = {str: TEXT, list: LIST, dict: MAP}


def call(value: Any, name: str, arguments: list[Any]) -> Any:
    """`value.name(arguments)`; None when there is no such method, or it does not take them."""
    if isinstance(value, Variables):
        method = value.methods.get(name)
    else:
        method = METHODS.get(type(value), {"toString": str}).get(name)
    if method is None and isinstance(value, dict) and name.startswith("get") and not arguments:
        return value.get(name[3:4].lower() + name[4:])
    try:
        return method(*arguments) if isinstance(value, Variables) and method else method(value, *arguments)  # type: ignore[misc]
    except (TypeError, ValueError, IndexError, re.error):
        return None


def prop(value: Any, name: str) -> Any:
    """`value.name`."""
    if isinstance(value, Variables):
        return value.properties.get(name)
    return value.get(name) if isinstance(value, dict) else None


def index(value: Any, position: Any) -> Any:
    """`value[position]`; None when it is not there."""
    if isinstance(value, list) and isinstance(position, int):
        return value[position] if -len(value) <= position < len(value) else None
    return value.get(position) if isinstance(value, dict) else None


def plain(value: Any) -> Any:
    """The value as what can be written; variables of API Gateway show nothing."""
    return "" if isinstance(value, Variables) else value


class Variables:
    """`$input` or `$util`: properties and methods."""

    def __init__(self, properties: dict[str, Any], methods: dict[str, Callable[..., Any]]) -> None:
        self.properties = properties
        self.methods = methods


def input_variables(body: str, path: dict[str, str], query: dict[str, str], headers: dict[str, str]) -> Variables:
    """`$input` of a request (or, with a response's body, of a response)."""
    groups = {"path": path, "querystring": query, "header": headers}

    def params(name: str | None = None) -> Any:
        if name is None:
            return groups
        if name in groups and not any(name in group for group in groups.values()):
            return groups[name]
        folded = {key.lower(): value for key, value in headers.items()}
        return path.get(name) or query.get(name) or headers.get(name) or folded.get(name.lower(), "")

    def as_json(where: str) -> str:
        found = json_path(body, where)
        return '""' if found is None else json.dumps(found, separators=(",", ":"), ensure_ascii=False)

    return Variables({"body": body}, {"params": params, "json": as_json, "path": lambda where: json_path(body, where)})


def json_path(body: str, path: str) -> Any:
    """What a JSON path (`$.a.b[0]['c']`, `[*]`) finds; None when nothing, or when the body is no JSON."""
    try:
        nodes = [json.loads(body) if body.strip() else {}]
    except ValueError:
        return None
    many = False
    for name, quoted, place in re.findall(
        r"\.?([A-Za-z0-9_\-$*]+)|\['([^']*)'\]|\[(-?\d+|\*)\]", path.removeprefix("$")
    ):
        many = many or "*" in (name, place)
        nodes = [found for node in nodes for found in _children(node, name or quoted or place)]
    return nodes if many else nodes[0] if nodes else None


def _children(node: Any, key: str) -> list[Any]:
    if key == "*":
        return list(node.values()) if isinstance(node, dict) else node if isinstance(node, list) else []
    if isinstance(node, list):
        return [node[int(key)]] if re.fullmatch(r"-?\d+", key) and -len(node) <= int(key) < len(node) else []
    return [node[key]] if isinstance(node, dict) and key in node else []


def _parsed(text: Any) -> Any:
    try:
        return json.loads(text)
    except (TypeError, ValueError):
        return None


def _escaped(text: Any) -> str:
    quoted = json.dumps(str(text), ensure_ascii=False)[1:-1]
    return quoted.replace("'", "\\'").replace("/", "\\/")


def _decoded(text: Any) -> str | None:
    try:
        return base64.b64decode(str(text)).decode(errors="replace")
    except (binascii.Error, ValueError):
        return None


def util_variables() -> Variables:
    """`$util`."""
    return Variables(
        {},
        {
            "escapeJavaScript": _escaped,
            "parseJson": _parsed,
            "urlEncode": lambda text: quote_plus(str(text), safe="*").replace("~", "%7E"),
            "urlDecode": lambda text: unquote_plus(str(text)),
            "base64Encode": lambda text: base64.b64encode(str(text).encode()).decode(),
            "base64Decode": _decoded,
        },
    )


def _references(replacement: str) -> str:
    return re.sub(r"\$(\d)", r"\\\1", replacement)


def _without_empty_end(parts: list[str]) -> list[str]:
    while parts and parts[-1] == "":
        parts.pop()
    return parts
