"""Text to template, within limits that no deployable template reaches."""

from __future__ import annotations

import json
from typing import Any

from refarch.gate.templates.template import Template, TemplateError

MAX_BYTES = 4 * 2**20
"""CloudFormation takes 1 MB (1,048,576 bytes) without the indentation that tools write."""
MAX_VALUES = 300_000
MAX_DEPTH = 100


def parse(text: str | bytes, name: str) -> Template:
    """A template from JSON or YAML text. Raises `TemplateError`, with the name in front, for all that is none."""
    if len(text) > MAX_BYTES:
        raise TemplateError(f"{name}: {len(text):,} bytes; templates of up to {MAX_BYTES:,} are read")
    try:
        content = _read(text.decode("utf-8-sig") if isinstance(text, bytes) else text, name)
        check_size(content)
    except UnicodeDecodeError as error:
        raise TemplateError(f"{name}: no UTF-8: {error}") from None
    except TemplateError as error:
        raise TemplateError(f"{name}: {error}") from None
    return Template(name, content)


def _read(text: str, name: str) -> Any:
    if name.endswith((".json", ".template")) or text.lstrip()[:1] == "{":
        try:
            return json.loads(text)
        except RecursionError:
            raise TemplateError(f"nested deeper than {MAX_DEPTH} levels") from None
        except json.JSONDecodeError as error:
            if name.endswith(".json"):
                raise TemplateError(f"no JSON: {error}") from None
        except ValueError as error:
            raise TemplateError(f"no JSON: {error}") from None
    # PyYAML costs a third of what a whole diff of CDK templates does: only where it is needed.
    from refarch.gate.templates.yaml_reader import read_yaml

    return read_yaml(text, max_values=MAX_VALUES, max_depth=MAX_DEPTH)


def check_size(content: Any) -> None:
    """Raises `TemplateError` when a value is nested too deep or holds too much: what follows may then recurse."""
    level, depth, count = [content], 0, 0
    while level:
        count += len(level)
        if depth > MAX_DEPTH:
            raise TemplateError(f"nested deeper than {MAX_DEPTH} levels")
        if count > MAX_VALUES:
            raise TemplateError(f"more than {MAX_VALUES:,} values")
        level = [child for value in level for child in _children(value)]
        depth += 1


def _children(value: Any) -> Any:
    if type(value) is dict:
        return value.values()
    return value if type(value) is list else ()
