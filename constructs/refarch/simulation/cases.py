"""The comparison that the documentation shows: two scenarios, few pools and many, with and without the responder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from refarch.simulation.assumptions import Assumptions
from refarch.simulation.outcome import Outcome
from refarch.simulation.reclaims import SCENARIOS
from refarch.simulation.run import simulate

FEW, MANY = 2, 12
"""One type in two zones, as the original had; six types in two zones, the construct's default."""
DEFAULT_SEED = 1


@dataclass(frozen=True)
class Case:
    """One run of the comparison."""

    scenario: str
    pools: int
    responder: bool

    @property
    def label(self) -> str:
        return f"{self.pools} pools, {'with' if self.responder else 'without'} responder"


CASES = tuple(
    Case(scenario, pools, responder) for scenario in SCENARIOS for pools in (FEW, MANY) for responder in (False, True)
)


def compare(facts: Assumptions | None = None, seed: int = DEFAULT_SEED) -> Mapping[Case, Outcome]:
    """Every case's outcome, in the order of `CASES`. Takes seconds."""
    return {
        case: simulate(scenario=case.scenario, pools=case.pools, responder=case.responder, facts=facts, seed=seed)
        for case in CASES
    }
