"""The live view on a terminal, and the lines of a log."""

import io

from rich.console import Console

from refarch.cli.mapreduce_follow import Bars, LogLines, failure_line
from refarch.mapreduce.progress import JobWatcher
from tests.unit.mapreduce_client.fakes import START, WORKSPACE, FakeS3, Job, a_failure


def snapshots():
    s3 = FakeS3()
    job = Job(s3).written().state()
    looking = JobWatcher(WORKSPACE, "job-1", s3=s3, clock=lambda: START + 5)
    yield looking.look()
    job.commit("mapper", 0)
    yield looking.look()
    yield looking.look()


def test_bars_show_tasks_bytes_rows_and_time():
    screen = io.StringIO()
    display = Bars(Console(file=screen, force_terminal=True, width=120, color_system=None))
    with display.area():
        for snapshot in snapshots():
            display.show(snapshot)
        display.say("mapper 1, attempt 1 failed: [not markup]")
    shown = screen.getvalue()
    for part in ("mappers", "1/2", "100 B of 200 B, 1,000 rows", "reducers", "map, 5 s", "[not markup]"):
        assert part in shown


def test_a_log_has_a_line_for_each_change(capsys):
    display = LogLines()
    with display.area():
        for snapshot in snapshots():
            display.show(snapshot)
    lines = capsys.readouterr().err.splitlines()
    assert [line.split("mappers ")[1][:3] for line in lines] == ["0/2", "1/2"]


def test_a_failed_attempt_in_a_line():
    line = failure_line(a_failure("reducer", 3, step=2, attempt=2))
    assert line == "reducer 3 of step 2, attempt 2 failed: TaskLost: no result"
