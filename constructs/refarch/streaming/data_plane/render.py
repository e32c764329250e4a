"""Fill a template: each @NAME@ from a mapping. A name without a value, or a value without a name, is an error."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

_NAME = re.compile(r"@([A-Z][A-Z0-9_]*)@")
TEMPLATES = Path(__file__).parent / "templates"


class TemplateError(LookupError):
    """A template and its values do not fit together. The message names all that do not."""


def render(template: str, values: Mapping[str, object]) -> str:
    """`template` with every @NAME@ replaced. Values are not looked through again."""
    wanted = set(_NAME.findall(template))
    if wrong := sorted(wanted ^ values.keys()):
        raise TemplateError(f"names in the template or in the values, but not in both: {', '.join(wrong)}")
    return _NAME.sub(lambda match: str(values[match[1]]), template)


def template(name: str) -> str:
    return (TEMPLATES / name).read_text()
