"""Everything the gate knows about an app, at once: `examine(new, old, options)` gives one report over all stacks.

Each part of each stack is remembered by what it was made from, so that a second run does only what changed.
"""

from refarch.gate.whole.examine import Whole, examine
from refarch.gate.whole.inputs import Stack, new_stacks, old_stacks
from refarch.gate.whole.options import Options
from refarch.gate.whole.store import Store
from refarch.gate.whole.verdict import report

__all__ = ["Options", "Stack", "Store", "Whole", "examine", "new_stacks", "old_stacks", "report"]
