"""One turn of a weighted move: read, decide, write down, make it so, confirm. Safe to repeat, and to run twice at once.

The state is written before the share is changed. A run that dies in between leaves a state that says what the share
should be, and the next run sets it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from refarch_lambdas.traffic_shift.backends import Backend
from refarch_lambdas.traffic_shift.decision import IDLE, Plan, State, confirm, decide, weight_of
from refarch_lambdas.traffic_shift.store import ConflictError, Store

_TRIES = 5


@dataclass(frozen=True)
class Turn:
    """`changed`: the state went on. `repaired`: the share was not the state's, and is now."""

    state: State
    weight: int
    changed: bool
    repaired: bool


@dataclass(frozen=True)
class Controller:
    plan: Plan
    store: Store
    backend: Backend
    alarms: Callable[[], Mapping[str, str]]
    clock: Callable[[], float]

    def turn(self, command: str = "") -> Turn:
        """Raises `ConflictError` where others were quicker five times; nothing is lost then but this turn."""
        for _ in range(_TRIES - 1):
            try:
                return self._turn(command)
            except ConflictError:
                continue
        return self._turn(command)

    def _turn(self, command: str) -> Turn:
        before = self.store.read()
        state = decide(self.plan, before, self.alarms(), self.clock(), command)
        changed = state is not before and state != before
        if changed:
            state = self.store.write(state)
        repaired = self._apply(state)
        if not state.applied:
            state = self.store.write(confirm(state, self.clock()))
        return Turn(state, weight_of(self.plan, state), changed, repaired)

    def _apply(self, state: State) -> bool:
        """Whether the share had to be set. Before the first start it is the template's own business."""
        wanted = weight_of(self.plan, state)
        if (state.phase == IDLE and not state.version) or self.backend.read() == wanted:
            return False
        self.backend.write(wanted)
        return True
