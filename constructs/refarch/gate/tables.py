"""The gate's own tables of facts, beside the modules that read them.

`importlib.resources` would do the same; importing it costs as much as a small diff.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

_ROOM = Path(__file__).parent


def read_table(*parts: str) -> Any:
    """The JSON of a file below this room."""
    return json.loads(_ROOM.joinpath(*parts).read_text(encoding="utf-8"))
