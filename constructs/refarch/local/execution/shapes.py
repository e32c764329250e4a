"""Documents between the two spellings of their members: `jobId` in an API, `JobId` in Step Functions. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Any

MAPS = ("parameters", "tags", "options", "labels", "optionsMap")  # whose keys are the user's own


def camel(document: Any) -> Any:
    """A document of Step Functions or EventBridge as the service's API takes it."""
    return _respelled(document, lambda name: name[:1].lower() + name[1:])


def pascal(document: Any) -> Any:
    """A description by a service as Step Functions shows it; times become milliseconds."""
    return _respelled(document, lambda name: name[:1].upper() + name[1:])


def _respelled(document: Any, spell: Any) -> Any:
    if isinstance(document, dict):
        return {
            spell(name): value if name.lower() in MAPS and isinstance(value, dict) else _respelled(value, spell)
            for name, value in document.items()
        }
    if isinstance(document, list | tuple):
        return [_respelled(entry, spell) for entry in document]
    return int(document.timestamp() * 1000) if isinstance(document, datetime) else document
