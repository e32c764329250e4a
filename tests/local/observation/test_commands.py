"""`refarch local events`, `logs`, `reset` and `console` as a person types them."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from refarch.cli.local_logs import new_events, one_of
from refarch.cli.local_observe import event_lines, short
from refarch.local import LocalCloud, LocalCloudError, hooks

CODE = "def handler(event, context):\n    print('it says', event)\n"


def refarch(bench: Any, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "refarch.cli", "local", *arguments, "--directory", str(bench.cloud.directory)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


class Following:
    """A command that goes on; its lines so far."""

    def __init__(self, bench: Any, *arguments: str) -> None:
        command = [sys.executable, "-u", "-m", "refarch.cli", "local", *arguments, "--follow"]
        command += ["--directory", str(bench.cloud.directory)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.lines: list[str] = []
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        self.lines.extend(self.process.stdout)  # grows while it is read

    def end(self) -> None:
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def following(bench: Any) -> Iterator[Callable[..., Following]]:
    started: list[Following] = []

    def follow(*arguments: str) -> Following:
        started.append(Following(bench, *arguments))
        return started[-1]

    yield follow
    for one in started:
        one.end()


def put(bench: Any, kind: str) -> None:
    bench.cloud.client("events").put_events(Entries=[{"Source": "me", "DetailType": kind, "Detail": '{"a": "ä"}'}])


def test_events_in_plain_lines_and_as_json(bench: Any) -> None:
    kind = bench.name("kind")
    put(bench, kind)
    shown = refarch(bench, "events")
    assert shown.returncode == 0
    assert f"EventBridge default   me  {kind}" in shown.stdout
    assert "\x1b[" not in shown.stdout
    documents = [json.loads(line) for line in refarch(bench, "events", "--json").stdout.splitlines()]
    assert next(one for one in documents if one["detail-type"] == kind)["detail"] == '{"a": "ä"}'


def test_events_are_followed(bench: Any, following: Callable[..., Following], until: Callable[..., Any]) -> None:
    first, second = bench.name("before"), bench.name("after")
    put(bench, first)
    command = following("events")
    until(lambda: any(first in line for line in command.lines), 20)
    put(bench, second)
    until(lambda: any(second in line for line in command.lines), 20)
    assert sum(first in line for line in command.lines) == 1


def test_logs_of_a_function_by_name_part_and_group(bench: Any) -> None:
    function = bench.function(CODE)
    bench.cloud.client("lambda").invoke(FunctionName=function, Payload=b'"hello"')
    for name in (function, function.removeprefix("function-"), f"/aws/lambda/{function}"):
        shown = refarch(bench, "logs", name)
        assert "it says hello" in shown.stdout, shown.stderr
    assert f"/aws/lambda/{function}\n" in refarch(bench, "logs").stdout


def test_logs_are_followed_without_saying_a_line_twice(
    bench: Any, following: Callable[..., Following], until: Callable[..., Any]
) -> None:
    function = bench.function(CODE)
    invoke = bench.cloud.client("lambda").invoke
    invoke(FunctionName=function, Payload=b'"first"')
    command = following("logs", function)
    until(lambda: any("first" in line for line in command.lines), 20)
    invoke(FunctionName=function, Payload=b'"second"')
    until(lambda: any("second" in line for line in command.lines), 20)
    time.sleep(1.2)  # some more looks
    assert [sum(word in line for line in command.lines) for word in ("first", "second")] == [1, 1]


def test_a_name_without_a_log_lists_what_has_one(bench: Any) -> None:
    bench.cloud.client("logs").create_log_group(logGroupName=bench.name("/some/group"))
    shown = refarch(bench, "logs", "no-such-name")
    assert shown.returncode == 1
    assert "nothing with 'no-such-name' in its name has a log; there are\n  /" in shown.stderr


def test_one_of_many_groups() -> None:
    groups = ["/aws/lambda/Stack-Mapper1", "/aws/lambda/Stack-Mapper12", "/aws/batch/job"]
    assert one_of("batch", groups) == "/aws/batch/job"
    assert one_of("Stack-Mapper1", groups) == "/aws/lambda/Stack-Mapper1"
    with pytest.raises(LocalCloudError, match="'mapper' may be any of\n  /aws/lambda/Stack-Mapper1\n"):
        one_of("mapper", groups)
    with pytest.raises(LocalCloudError, match="and 5 more"):
        one_of("x", [f"x{number}" for number in range(25)])
    with pytest.raises(LocalCloudError, match="nothing was logged so far"):
        one_of("x", [])


def test_the_same_line_is_shown_as_often_as_it_was_written() -> None:
    def event(second: int, text: str) -> dict[str, Any]:
        return {"logStreamName": "s", "timestamp": second, "message": text}

    found = [event(2, "b"), event(1, "a"), event(2, "b")]
    from collections import Counter

    assert [one["message"] for one in new_events(found, Counter())] == ["a", "b", "b"]
    assert [one["message"] for one in new_events(found, Counter({("s", 2, "b"): 1}))] == ["a", "b"]


def test_a_line_names_rules_and_targets() -> None:
    event = {"time": 0, "via": "EventBridge", "bus": "default", "source": "aws.ec2", "detail-type": "kind"}
    assert "no rule matched" in event_lines(event | {"rules": {}})
    shown = event_lines(event | {"rules": {"r": ["arn:aws:sqs:us-east-1:0:q"]}})
    assert "sqs q  (r)" in shown
    assert short("no arn") == "no arn"


def test_a_line_of_a_bucket_names_the_object_and_no_random_rule() -> None:
    event = {"time": 0, "via": "S3", "bus": "", "source": "b", "detail-type": "ObjectCreated:Put"}
    event |= {"resources": ["arn:aws:s3:::b/folder/key"], "rules": {"x1y2": ["arn:aws:sqs:us-east-1:0:q"]}}
    head, target = click.unstyle(event_lines(event)).splitlines()
    assert "b/folder/key  ObjectCreated:Put" in head
    assert target.strip() == "→ sqs q"


def test_the_console_is_an_address(bench: Any) -> None:
    shown = refarch(bench, "console")
    assert shown.stdout == f"{bench.cloud.endpoint_url}/_refarch/console/\n"


@pytest.mark.parametrize("command", [["events"], ["logs"], ["reset"], ["console"]])
def test_without_a_cloud_each_says_so(tmp_path: Path, command: list[str]) -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "refarch.cli", "local", *command, "--directory", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert shown.returncode == 1
    assert shown.stderr == "Error: no local cloud is running; `refarch local start` starts one\n"


def test_reset_empties_everything_and_the_cloud_goes_on(
    tmp_path: Path, bench: Any, following: Callable[..., Following], until: Callable[..., Any]
) -> None:
    (tmp_path / "cdk.json").touch()
    with LocalCloud.start(directory=tmp_path) as cloud:
        own = type(bench)(cloud)
        function, bucket, (url, _) = own.function(CODE), own.bucket(), own.queue()
        cloud.client("s3").put_object(Bucket=bucket, Key="k", Body=b"")
        cloud.client("sqs").send_message(QueueUrl=url, MessageBody="m")
        cloud.client("lambda").invoke(FunctionName=function, Payload=b'"before"')
        put(own, "before")
        command = Following(own, "events")
        until(lambda: any("before" in line for line in command.lines), 20)
        assert refarch(own, "reset").stdout == f"local cloud emptied: {cloud.endpoint_url}\n"
        assert cloud.client("s3").list_buckets()["Buckets"] == []
        assert cloud.client("sqs").list_queues().get("QueueUrls", []) == []
        assert cloud.client("lambda").list_functions()["Functions"] == []
        assert refarch(own, "events").stdout == ""
        assert refarch(own, "logs").stdout == "nothing was logged so far\n"
        again = own.function(CODE)  # it goes on
        cloud.client("lambda").invoke(FunctionName=again, Payload=b'"after"')
        assert any("it says after" in line for line in cloud.function_log(again))
        put(own, "after")
        until(lambda: any("after" in line for line in command.lines), 20)
    command.process.wait(20)  # its cloud is gone: it ends
    assert command.process.returncode == 0


def test_a_room_that_cannot_be_emptied_spares_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    emptied: list[str] = []
    monkeypatch.setattr(hooks, "_resets", {})

    def fails() -> None:
        raise RuntimeError("stuck")

    hooks.on_reset("one", fails)
    hooks.on_reset("two", lambda: emptied.append("two"))
    assert (hooks.reset_all(), emptied) == (["one: stuck"], ["two"])
