"""Progress of a run: a line for each step of each sample when its state changes, and how it ended."""

from __future__ import annotations

from pathlib import Path

import click

from refarch.cli.genomics_session import Session
from refarch.genomics.runs.cost import Cost, rates, run_cost
from refarch.genomics.runs.model import Run, SampleRun
from refarch.genomics.runs.page import render
from refarch.genomics.runs.picture import spoken
from refarch.genomics.runs.words import dollars, duration

POLL_SECONDS = 2.0
INTERRUPTED = 130
_UNTOLD = frozenset({"WAITING", "NOT_RUN"})


class Teller:
    """Says what has changed since the last look."""

    def __init__(self) -> None:
        self._told: dict[tuple[str, str], str] = {}

    def tell(self, run: Run, now: float) -> None:
        for sample in run.samples:
            for name, state, more in _facts(sample):
                if state not in _UNTOLD and self._told.get((sample.execution, name)) != state:
                    self._told[sample.execution, name] = state
                    click.echo(
                        f"{now - run.start:8.1f} s  {sample.sample:<16} {name:<11} {spoken(state)}{more}", err=True
                    )


def _facts(sample: SampleRun) -> list[tuple[str, str, str]]:
    """Steps and, at the end, the sample itself: name, state, and more about it."""
    facts = []
    for name, step in sample.steps.items():
        times = f", attempt {len(step.attempts)}" if len(step.attempts) > 1 else ""
        facts.append((name, step.state, f" in {duration(step.seconds)}{times}" if step.attempts else ""))
    if sample.ended:
        reason = f": {sample.error}: {sample.cause}" if sample.error else ""
        facts.append(("sample", sample.state, reason))
    return facts


def pause(run: Run) -> float:
    """Seconds until the next look: each sample that runs costs two questions, and AWS takes some ten a second."""
    return max(POLL_SECONDS, run.count("RUNNING") / 5)


def follow(session: Session, execution: str) -> Run:
    """Look until the run has ended. Ctrl-C leaves it running and exits with 130."""
    teller = Teller()
    try:
        while True:
            run = session.runs.look(execution)
            teller.tell(run, session.surroundings.now())
            if run.ended:
                return run
            session.surroundings.sleep(pause(run))
    except KeyboardInterrupt:
        click.echo("\nthe run goes on. Come back to it with one of:", err=True)
        for verb in ("status", "report"):
            click.echo(f"  {session.command(verb, execution)}", err=True)
        raise SystemExit(INTERRUPTED) from None


def summary(run: Run, now: float) -> str:
    """How the run stands, in a few lines."""
    cost = run_cost(run, rates())
    lines = [f"{spoken(run.state)} after {duration((run.end or now) - run.start)}"]
    if run.error:
        lines.append(f"{run.error}: {run.cause}")
    if run.is_cohort:
        lines.append(f"{run.count('SUCCEEDED')} of {run.total} samples succeeded, {run.count('FAILED')} failed")
    for sample in run.samples:
        if sample.quality:
            lines.append(f"quality: {sample.quality.get('summary', '')}")
    return "\n".join([*lines, cost_line(cost, len(run.samples))])


def cost_line(cost: Cost, samples: int) -> str:
    verdict = "under" if cost.spot / max(1, samples) < 1 else "not under"
    return (
        f"cost of the jobs: {dollars(cost.on_demand)} On-Demand, about {dollars(cost.spot)} on Spot "
        f"(the posts: under $1 a sample; this is {verdict}); {rates().basis}"
    )


def finish(session: Session, run: Run, report: Path | None) -> None:
    """Print how it ended, write the report, and exit with 1 unless it succeeded."""
    click.echo(summary(run, session.surroundings.now()))
    if report is not None:
        write_report(session, run, report)
    if run.state != "SUCCEEDED":
        raise SystemExit(1)


def write_report(session: Session, run: Run, path: Path) -> None:
    path.write_text(render(run, rates(), session.surroundings.now()))
    click.echo(f"report: {path}")
