"""What to do next in a weighted move: state, alarms, time and a command in; the next state out. No AWS.

The share that goes to the new stack follows from the state alone (`weight_of`). So whoever finds another share at the
load balancer or in the zone sets it right: after a crash, after a second run at once, after a deployment.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

IDLE, SHIFTING, DONE, ROLLED_BACK = "idle", "shifting", "done", "rolled_back"
PHASES = (IDLE, SHIFTING, DONE, ROLLED_BACK)
START, ABORT = "start", "abort"
COMMANDS = ("", START, ABORT, "status")
OK, ALARM, NO_DATA = "OK", "ALARM", "INSUFFICIENT_DATA"
HOLD, ROLL_BACK, IGNORE = "hold", "roll_back", "ignore"
MISSING_DATA = (HOLD, ROLL_BACK, IGNORE)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """`steps`: percentages, rising, the last one 100. `bake_seconds`: how long each must be quiet.

    `missing_data`: what an alarm without data means. `hold`: the bake starts anew when data come, and after
    `patience_seconds` without any the move is rolled back; `roll_back`: at once; `ignore`: as OK.
    """

    steps: tuple[int, ...] = (10, 50, 100)
    bake_seconds: float = 600
    missing_data: str = HOLD
    patience_seconds: float = 1800

    def wrong(self) -> list[tuple[str, object, str]]:
        """(name, value, allowed) of everything that cannot be."""
        fits = bool(self.steps) and self.steps[0] > 0 and self.steps[-1] == 100
        rising = all(low < high for low, high in pairwise(self.steps))
        checks = (
            (fits and rising, "steps", list(self.steps), "percentages above 0, each higher than the last, 100 at last"),
            (self.bake_seconds >= 1, "bake_seconds", self.bake_seconds, "1 or more"),
            (self.missing_data in MISSING_DATA, "missing_data", self.missing_data, ", ".join(MISSING_DATA)),
            (self.patience_seconds >= 0, "patience_seconds", self.patience_seconds, "0 or more"),
        )
        return [(name, value, allowed) for holds, name, value, allowed in checks if not holds]


@dataclass(frozen=True, kw_only=True)
class State:
    """Where a move is. `since`: when the present share was confirmed (epoch seconds), or when data were last missing.

    `applied`: the share was seen in place. `missing_since`: since when an alarm has no data; 0 when all have.
    """

    phase: str = IDLE
    step: int = 0
    since: float = 0.0
    applied: bool = True
    missing_since: float = 0.0
    reason: str = ""
    version: int = 0


def weight_of(plan: Plan, state: State) -> int:
    """The percentage of traffic that belongs to the new stack."""
    if state.phase == SHIFTING:
        return plan.steps[min(state.step, len(plan.steps) - 1)]
    return 100 if state.phase == DONE else 0


def decide(plan: Plan, state: State, alarms: Mapping[str, str], now: float, command: str = "") -> State:
    """The next state; the same object where nothing changes. Its version is the writer's to raise."""
    firing = sorted(name for name, seen in alarms.items() if seen == ALARM)
    missing = sorted(name for name, seen in alarms.items() if seen not in (OK, ALARM))
    if command == ABORT and state.phase in (SHIFTING, DONE):
        return _back(state, now, "asked to")
    if command == START and state.phase in (IDLE, ROLLED_BACK):
        return _start(state, firing, now)
    if state.phase != SHIFTING:
        return state
    if firing:
        return _back(state, now, f"in ALARM at {weight_of(plan, state)} %: {', '.join(firing)}")
    if not state.applied:
        return state
    if missing and plan.missing_data != IGNORE:
        return _without_data(plan, state, missing, now)
    if state.missing_since:
        return replace(state, missing_since=0.0, since=now, reason="all alarms have data again")
    return _on(plan, state, now)


def confirm(state: State, now: float) -> State:
    """The share of the state was seen in place: its bake begins."""
    return state if state.applied else replace(state, applied=True, since=now)


def _start(state: State, firing: list[str], now: float) -> State:
    if firing:
        return replace(state, reason=f"not started, in ALARM: {', '.join(firing)}")
    return State(phase=SHIFTING, since=now, applied=False, reason="started", version=state.version)


def _back(state: State, now: float, reason: str) -> State:
    return State(phase=ROLLED_BACK, since=now, applied=False, reason=f"rolled back, {reason}", version=state.version)


def _without_data(plan: Plan, state: State, missing: list[str], now: float) -> State:
    names = ", ".join(missing)
    if plan.missing_data == ROLL_BACK:
        return _back(state, now, f"no data: {names}")
    if not state.missing_since:
        return replace(state, missing_since=now, reason=f"waits for data: {names}")
    if now - state.missing_since >= plan.patience_seconds:
        return _back(state, now, f"no data for {now - state.missing_since:.0f} s: {names}")
    return state


def _on(plan: Plan, state: State, now: float) -> State:
    if now - state.since < plan.bake_seconds:
        return state
    if state.step + 1 < len(plan.steps):
        return replace(state, step=state.step + 1, since=now, applied=False, reason="the bake was quiet")
    return replace(state, phase=DONE, since=now, reason="the last bake was quiet")
