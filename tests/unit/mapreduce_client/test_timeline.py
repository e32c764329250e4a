"""The timeline: the right bars in the right rows, safe and the same every time."""

import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refarch.mapreduce.progress import JobWatcher
from refarch.mapreduce.timeline import render, timeline_of_folder, timeline_of_report
from refarch.mapreduce.timeline.model import Bar, Stage
from refarch.mapreduce.timeline.rows import place, row_height, running
from refarch.mapreduce.timeline.scale import Scale
from tests.unit.mapreduce_client.fakes import START, WORKSPACE, FakeS3, Job, a_failure, a_task


def a_report(tasks=None, failures=(), **values):
    s3 = FakeS3()
    job = Job(s3).report(tasks=tasks, failures=failures, **values)
    return s3.json(job.layout.report)


def page(**values):
    return render(timeline_of_report(a_report(**values)))


def drawing(html):
    """The chart, parsed: it must be well-formed."""
    return ElementTree.fromstring(re.search(r"<svg.*</svg>", html, re.DOTALL).group())


def rectangles(html, kind):
    return [each for each in drawing(html).iter("rect") if kind in each.get("class", "").split()]


def test_every_task_is_a_bar_and_cold_starts_are_marked():
    html = page()
    assert len(rectangles(html, "task")) == 3
    assert len(rectangles(html, "cold")) == 2
    assert "cold start" in html


def test_failed_attempts_are_red_named_and_listed():
    tasks = [a_task("mapper", 0, attempt=2, start=START + 4, end=START + 6)]
    html = page(tasks=tasks, failures=[a_failure()])
    assert len(rectangles(html, "failed")) == 1
    assert "attempt 1: TaskLost" in html
    assert "Failed attempts (1)" in html
    assert "attempt 2" in html


def test_the_header_has_the_totals():
    html = page()
    for part in ("2,000", "200 B", "9 s", "222", "GB-seconds of Lambda", "list price, 20"):
        assert part in html


def test_stages_are_named_with_their_size():
    tasks = [
        a_task("mapper", 0),
        a_task("reducer", 0, step=1),
        a_task("reducer", 1, step=1),
        a_task("reducer", 0, step=2),
    ]
    words = [each.text for each in drawing(page(tasks=tasks)).iter("text")]
    assert {"map", "reduce", "merge", "running at once"} <= set(words)
    assert any("2 reducers" in word for word in words)


def test_what_users_wrote_cannot_become_markup():
    failure = a_failure(errorType="<script>", error="</title><script>alert(1)</script>")
    html = page(failures=[failure], state="FAILED", reason="<img src=x>")
    assert "<script" not in html
    assert "<img" not in html
    assert "&lt;script&gt;" in html


def test_nothing_is_loaded_from_elsewhere():
    assert not re.search(r"(src|href)=|url\((?!#)|@import", page())


def test_the_same_report_gives_the_same_bytes():
    report = a_report(failures=[a_failure()])
    shuffled = report | {"tasks": report["tasks"][::-1]}
    assert render(timeline_of_report(report)) == render(timeline_of_report(shuffled))


def test_many_tasks_are_packed_in_lanes():
    tasks = [a_task("mapper", n, start=START + n // 10, end=START + n // 10 + 0.9) for n in range(300)]
    failures = [a_failure(number=number) for number in range(30)]
    html = page(tasks=tasks, failures=failures)
    assert "one row is a lane of tasks" in html
    assert len({each.get("y") for each in rectangles(html, "task")}) < 45
    assert "mapper 0, attempt 1" in html
    assert "and 10 more" in html


def test_a_running_job_is_drawn_from_its_commits():
    s3 = FakeS3()
    Job(s3).written().state(failures=[a_failure(number=1)]).commit("mapper", 0)
    folder = JobWatcher(WORKSPACE, "job-1", s3=s3).folder()
    timeline = timeline_of_folder(folder, START + 5)
    html = render(timeline)
    assert (timeline.state, timeline.dollars, timeline.rows) == ("RUNNING", None, 1_000)
    assert len(rectangles(html, "task")) == 1
    assert "finish" not in [each.get("class") for each in drawing(html).iter("g")]


@pytest.mark.parametrize("tasks", [[], [a_task("mapper", 0, start=START - 3, end=START - 2)]], ids=["none", "early"])
def test_odd_jobs_are_drawn_too(tasks):
    """No task at all, and a Lambda whose clock is behind the driver's."""
    drawing(page(tasks=tasks, now=START))


def bars():
    times = st.tuples(st.floats(0, 100), st.floats(0, 50))
    return st.lists(times, min_size=1, max_size=60).map(
        lambda spans: tuple(
            Bar(task_id=number, attempt=1, start=start, end=start + length)
            for number, (start, length) in enumerate(spans)
        )
    )


@given(bars())
def test_tasks_of_a_lane_never_overlap(every):
    placed, lanes = place(Stage(name="map", unit="mapper", bars=every), lanes=True)
    assert sorted(each.bar.task_id for each in placed) == list(range(len(every)))
    for lane in range(lanes):
        inside = sorted((each.bar.start, each.bar.end) for each in placed if each.row == lane)
        assert all(before[1] <= after[0] for before, after in pairwise(inside))


@given(bars())
def test_what_runs_at_once_begins_and_ends_with_nothing(every):
    steps = running([Stage(name="map", unit="mapper", bars=every)])
    assert all(count >= 0 for _, count in steps) or any(bar.start == bar.end for bar in every)
    assert not steps or steps[-1][1] == 0


@given(st.floats(0.001, 1e6))
def test_the_axis_has_few_and_round_ticks(seconds):
    ticks = Scale(seconds).ticks()
    assert 2 <= len(ticks) <= 13
    assert ticks[0] == 0
    assert ticks[-1] <= seconds * 1.000001


def test_rows_shrink_until_a_job_fits_the_page():
    assert row_height(1) == row_height(20) == 20
    assert row_height(1_000) == 1.5
