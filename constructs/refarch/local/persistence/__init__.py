"""Keeps the local cloud over a restart (`refarch local start --persist`): a stop saves it whole, a start takes it up.

The emulator works on a copy. Only a stop that saved everything makes the copy the new kept state, by one rename; a
crash or a kill in the middle leaves the state of the stop before.
"""

from refarch.local.persistence.keeping import keeps_state, open_state
from refarch.local.persistence.snapshots import Kept, Snapshots

__all__ = ["Kept", "Snapshots", "keeps_state", "open_state"]
