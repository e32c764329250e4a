"""Runs are read from recorded histories of the local cloud and of AWS's shape, costed, and drawn."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from refarch.genomics.runs import cost
from refarch.genomics.runs.model import Attempt, Run, SampleRun, StepRun
from refarch.genomics.runs.page import render
from refarch.genomics.runs.picture import draw
from refarch.genomics.runs.reading import sample_run, waiting_jobs
from refarch.genomics.runs.words import dollars, duration
from refarch.prices import instance_price

RECORDINGS = Path(__file__).parent / "recordings"
START = datetime(2026, 11, 22, 7, 49, 38, tzinfo=UTC)


def recorded(name: str) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = json.loads((RECORDINGS / f"{name}.json").read_text())
    return events


def described(state: str, **more: Any) -> Mapping[str, Any]:
    stop = {} if state == "RUNNING" else {"stopDate": START}
    text = json.dumps({"sampleId": "S9"})
    return {"executionArn": "arn:x:S:1", "status": state, "startDate": START, "input": text, **stop, **more}


def states(run: SampleRun) -> dict[str, str]:
    return {name: step.state for name, step in run.steps.items()}


def test_a_run_that_succeeded() -> None:
    run = sample_run(described("SUCCEEDED"), recorded("succeeded"))
    assert run.sample == "S1"
    assert set(states(run).values()) == {"SUCCEEDED"}
    assert (run.steps["align"].vcpus, run.steps["align"].memory_mib) == (1, 1024)
    assert run.steps["align"].seconds == pytest.approx(0.951)
    assert run.quality["passed"] is True


def test_a_run_that_failed_started_nothing_behind_the_failure() -> None:
    run = sample_run(described("FAILED", error="CallFailed", cause="exit code 1"), recorded("failed"))
    assert states(run) == {"align": "SUCCEEDED", "call": "FAILED", "annotate": "NOT_RUN", "statistics": "SUCCEEDED"}
    assert run.steps["call"].attempts[0].exit_code == 1
    assert (run.error, run.cause) == ("CallFailed", "exit code 1")


def test_a_run_that_goes_on_tells_which_jobs_to_look_up() -> None:
    events = recorded("succeeded")[:2]  # the plan and the alignment
    running = described("RUNNING")
    assert states(sample_run(running, events)) == {
        "align": "SUCCEEDED",
        "call": "SUBMITTED",
        "annotate": "WAITING",
        "statistics": "SUBMITTED",
    }
    assert [name for _, name in waiting_jobs(running, events)] == ["call-S1", "statistics-S1"]
    job = {"jobId": "1", "jobName": "call-S1", "status": "RUNNING", "container": {}, "attempts": []}
    assert states(sample_run(running, events, [job]))["call"] == "RUNNING"


def test_a_run_without_a_plan_has_its_samples_name_from_the_input() -> None:
    run = sample_run(described("FAILED", error="PrepareFailed"), [])
    assert (run.sample, set(states(run).values())) == ("S9", {"NOT_RUN"})
    assert waiting_jobs(described("RUNNING"), []) == []


def test_a_cause_that_was_cut_off_still_tells_which_job_failed() -> None:
    events = recorded("failed")
    for event in events:
        if "taskFailedEventDetails" in event:
            event["taskFailedEventDetails"]["cause"] = event["taskFailedEventDetails"]["cause"][:-20]
    assert states(sample_run(described("FAILED"), events))["call"] == "FAILED"


def test_the_events_of_aws_lambda_count_as_well() -> None:
    """A state whose resource is a function has events of its own names on AWS."""
    plan = {"subject": "S1", "steps": {"align": {"run": False, "jobName": "align-S1", "jobQueue": "q"}}}
    events = [{"type": "LambdaFunctionSucceeded", "lambdaFunctionSucceededEventDetails": {"output": json.dumps(plan)}}]
    assert states(sample_run(described("RUNNING"), events))["align"] == "SKIPPED"


def step(name: str, *seconds: float, state: str = "SUCCEEDED", vcpus: float = 32, memory: float = 80_000) -> StepRun:
    attempts = [Attempt(start=0, end=each, reason="Host EC2 (instance i-1) terminated.") for each in seconds]
    return StepRun(name=name, state=state, vcpus=vcpus, memory_mib=memory, attempts=attempts, job_id="1")


def test_the_rates_explain_the_prices_they_come_from() -> None:
    for architecture, families in cost.FAMILIES.items():
        at = cost.rates(architecture)
        for family in families:
            price = instance_price(f"{family}.8xlarge")
            explained = price.vcpus * at.vcpu_hour + price.memory_gib * at.gib_hour
            assert explained == pytest.approx(price.usd_an_hour, rel=0.04)


def test_a_jobs_cost_is_its_share_of_an_instance() -> None:
    """32 vCPUs and 80,000 MiB for an hour: between a c6i.8xlarge (64 GiB) and an m6i.8xlarge (128 GiB)."""
    found = cost.step_cost(step("align", 3600), cost.rates())
    low, high = instance_price("c6i.8xlarge").usd_an_hour, instance_price("m6i.8xlarge").usd_an_hour
    assert low < found.on_demand < high
    assert found.vcpu_seconds == 32 * 3600
    assert found.gib_seconds == pytest.approx(80_000 / 1024 * 3600)
    assert found.spot_least < found.spot < found.spot_most < found.on_demand


def test_reclaimed_attempts_are_paid_for() -> None:
    at = cost.rates()
    assert cost.step_cost(step("align", 600, 3000), at) == cost.step_cost(step("align", 3600), at)


def test_the_posts_dollar_buys_less_than_two_hours_of_their_aligner() -> None:
    """So their claim holds for an exome, whose steps take minutes each; a whole genome at depth costs more."""
    hours = cost.hours_within_claim(32, 80_000, cost.rates())
    assert 1.5 < hours < 2.0
    inside, outside = (cost.step_cost(step("align", hours * 3600 * share), cost.rates()) for share in (0.99, 1.01))
    assert (inside.keeps_the_claim, outside.keeps_the_claim) == (True, False)


class Balance(HTMLParser):
    """Fails on an element that is not closed, and notes what a page loads."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.loads: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in {"meta", "br"}:
            self.open.append(tag)
        self.loads += [value or "" for name, value in attrs if name in {"src", "href"}]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Closed by itself."""

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def cohort(samples: int = 3) -> Run:
    found = [sample_run(described("SUCCEEDED", executionArn=f"arn:{n}"), recorded("succeeded")) for n in range(samples)]
    bad = sample_run(described("FAILED", error="CallFailed", cause="<b>no</b> & more"), recorded("failed"))
    return Run(name="r", execution="arn:r", state="RUNNING", start=0, samples=[*found, bad], total=20)


def test_the_page_of_a_cohort_stands_alone_and_escapes_what_it_shows() -> None:
    page = render(cohort(), cost.rates(), now=90)
    balance = Balance()
    balance.feed(page)
    assert (balance.open, balance.loads) == ([], [])
    assert "&lt;b&gt;no&lt;/b&gt; &amp; more" in page
    assert "<b>no</b>" not in page
    assert "16 more have not begun" in page
    assert "1 min 30 s" in page
    assert "3 succeeded, 1 not run" in re.sub(r"<[^>]+>", "", page)


def test_the_page_of_a_sample_shows_each_step_and_its_states() -> None:
    sample = sample_run(described("FAILED", error="CallFailed", cause="why"), recorded("failed"))
    run = Run(name="r", execution="arn:x:S:1", state="FAILED", start=0, end=5, samples=[sample], error="CallFailed")
    assert not run.is_cohort
    page = render(run, cost.rates(), now=9)
    assert "Sample S2" in page
    picture = draw(run.samples)
    assert [re.search(rf'class="(\w+)"><title>{name}', picture)[1] for name in ("align", "call", "annotate")] == [  # type: ignore[index]
        "succeeded",
        "failed",
        "waiting",
    ]


def test_a_reclaimed_attempt_is_shown() -> None:
    sample = SampleRun(
        sample="A", execution="e", state="SUCCEEDED", start=0, end=9, steps={"align": step("align", 5, 9)}
    )
    run = Run(name="r", execution="e", state="SUCCEEDED", start=0, end=9, samples=[sample])
    page = render(run, cost.rates(), now=9)
    assert "2 attempts" in page
    assert "Host EC2 (instance i-1) terminated." in page


@pytest.mark.parametrize(
    ("seconds", "said"), [(0.94, "0.9 s"), (45.2, "45 s"), (725, "12 min 05 s"), (12_000, "3 h 20 min")]
)
def test_durations(seconds: float, said: str) -> None:
    assert duration(seconds) == said


@pytest.mark.parametrize(("amount", "said"), [(0, "$0.00"), (12.4, "$12.40"), (0.0042, "$0.0042"), (2e-6, "<$0.0001")])
def test_dollars(amount: float, said: str) -> None:
    assert dollars(amount) == said
