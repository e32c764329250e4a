"""Lambda functions as declared, and what is in front of them: interpreters, aliases, templates, map runs, permissions.

Each module repairs one thing and has `install`.
"""

from __future__ import annotations

from refarch.local.functions import workers
from refarch.local.rooms import Context


def install(context: Context) -> None:
    """Install this room, once, in the emulator's process."""
    workers.install(context)
