"""How a tool did on a corpus."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Score:
    """One tool on one corpus. `of`: answers asked for; `runs`: pairs or templates; `notes`: what did not run."""

    tool: str
    found: int = 0
    of: int = 0
    runs: int = 0
    alarms: int = 0
    cpu: float = 0.0
    missed: list[str] = field(default_factory=list)
    notes: str = ""

    @property
    def each(self) -> float:
        """CPU seconds of a pair, or of a template."""
        return self.cpu / self.runs if self.runs else 0.0

    def line(self) -> str:
        each = f"{self.each:>11.4f}" if self.runs else f"{'-':>11}"
        return f"{self.tool:<34} {self.found:>5} {self.of - self.found:>7} {self.alarms:>13} {each}  {self.notes}"
