"""Simulation: what reclaims cost a service's callers, with and without the responder, on few pools and on many.

Discrete events, a seed, the standard library alone. The same seed gives the same figures on every machine.
"""

from refarch.simulation.assumptions import Assumptions
from refarch.simulation.cases import CASES, Case, compare
from refarch.simulation.chart import chart
from refarch.simulation.outcome import Outcome
from refarch.simulation.run import simulate

__all__ = ["CASES", "Assumptions", "Case", "Outcome", "chart", "compare", "simulate"]
