"""The shipper with real files, a real journal, a real nginx and the local cloud's CloudWatch Logs."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionError

from refarch.local import LocalCloud, adapter
from refarch.streaming.logs import events, files, sender
from refarch.streaming.logs.files import LogFile
from refarch.streaming.logs.journal import Journal
from refarch.streaming.logs.sender import Sender, Stopped
from refarch.streaming.logs.settings import LogSettings
from refarch.streaming.logs.shipper import Shipper
from rehearsals.programs import need
from rehearsals.streaming_processes import Site, get, wait_for

GROUP = "a-group"


def refusal(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": code}}, "PutLogEvents")


class Service:
    """CloudWatch Logs as far as a sender sees it. `answers` come first: an error, or None, for one call each."""

    def __init__(self, *answers: Exception | None) -> None:
        self.answers, self.streams, self.got = list(answers), set[str](), list[tuple[str, list[str]]]()
        self.lost: list[int] = []
        """Numbers of calls whose events arrive, while the answer does not."""

    def create_log_stream(self, **values: str) -> None:
        if values["logStreamName"] in self.streams:
            raise refusal("ResourceAlreadyExistsException")
        self.streams.add(values["logStreamName"])

    def put_log_events(self, **values: Any) -> dict[str, Any]:
        messages = [each["message"] for each in values["logEvents"]]
        if self.answers and (error := self.answers.pop(0)):
            raise error
        if values["logStreamName"] not in self.streams:
            raise refusal("ResourceNotFoundException")
        if "bad" in messages:
            raise refusal("InvalidParameterException")
        self.got.append((values["logStreamName"], messages))
        if len(self.got) in self.lost:
            raise ConnectionError(error="reset")
        return {}

    @property
    def messages(self) -> list[str]:
        return [message for _, messages in self.got for message in messages]


@pytest.fixture
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sender, "FIRST_PAUSE", 0.001)
    monkeypatch.setattr(sender, "LONGEST_PAUSE", 0.002)


def shipper(folder: Path, service: Any, stop: threading.Event | None = None, **options: Any) -> Shipper:
    settings = LogSettings(
        **{
            "group": GROUP,
            "prefix": "edge",
            "files": (f"{folder}/*.log",),
            "journal": (),
            "state": str(folder / "state"),
            **options,
        }
    )
    return Shipper(settings, "i-1", Sender(service, GROUP, stop or threading.Event()))


def add(file: Path, *lines: str) -> None:
    with file.open("a") as stream:
        stream.writelines(f"{line}\n" for line in lines)


def test_a_stream_is_made_and_each_line_comes_once(tmp_path: Path) -> None:
    service = Service()
    add(tmp_path / "a.log", "one", "", "two")
    (tmp_path / "a.log").open("a").write("thr")
    made = shipper(tmp_path, service)
    assert made.ship() == 2
    add(tmp_path / "a.log", "ee")
    assert (made.ship(), made.ship()) == (1, 0)
    assert service.messages == ["one", "two", "three"]
    assert service.streams == {"edge/i-1/a.log"}


def test_a_busy_service_is_asked_again_and_nothing_is_lost_or_out_of_order(tmp_path: Path, no_pauses: None) -> None:
    service = Service(
        refusal("ThrottlingException"),
        refusal("AccessDeniedException"),
        ConnectionError(error="away"),
        refusal("ServiceUnavailableException"),
    )
    lines = [f"line {number}" for number in range(25)]
    add(tmp_path / "a.log", *lines)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(events, "BATCH_EVENTS", 10)
        assert shipper(tmp_path, service).ship() == 25
    assert service.messages == lines


def test_an_event_that_is_never_taken_holds_up_no_other(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    service = Service()
    add(tmp_path / "a.log", "one", "two", "bad", "four", "five")
    shipper(tmp_path, service).ship()
    assert service.messages == ["one", "two", "four", "five"]
    assert '"event": "refused"' in capsys.readouterr().out


def test_a_restart_loses_nothing_and_repeats_one_batch_at_most(tmp_path: Path, no_pauses: None) -> None:
    """The worst moment: a batch has arrived, its answer has not, and the shipper is told to end."""
    lines = [f"line {number}" for number in range(40)]
    add(tmp_path / "a.log", *lines)
    service, stop = Service(), threading.Event()
    service.lost = [3]
    stop.set()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(events, "BATCH_EVENTS", 10)
        with pytest.raises(Stopped):
            shipper(tmp_path, service, stop).ship()
        assert len(service.messages) == 30
        assert shipper(tmp_path, service).ship() == 20
    assert service.messages == lines[:30] + lines[20:]


def test_a_file_that_was_put_aside_is_read_to_its_end_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    service, file = Service(), tmp_path / "a.log"
    made = shipper(tmp_path, service)
    add(file, "one")
    made.ship()
    file.rename(aside := tmp_path / "a.log.1")
    add(aside, "two")  # nginx still has it open
    add(file, "three")
    made.ship()
    add(aside, "and more")
    made.ship()
    assert service.messages == ["one", "two", "and more"]
    monkeypatch.setattr(files, "QUIET_SECONDS", -1.0)  # it has been quiet for long
    made.ship()
    add(file, "four")
    made.ship()
    file.write_text("x\n")  # written anew, shorter
    made.ship()
    assert service.messages == ["one", "two", "and more", "three", "four", "x"]


def test_a_file_that_may_not_be_read_holds_up_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    service = Service()
    add(tmp_path / "a.log", "one")
    add(tmp_path / "b.log", "two")
    read = LogFile.read

    def refuse(self: LogFile, position: Any) -> Iterator[events.Event]:
        if self.name == "a.log":
            raise PermissionError(13, "no")
        return read(self, position)

    monkeypatch.setattr(LogFile, "read", refuse)
    shipper(tmp_path, service).ship()
    assert service.messages == ["two"]


def test_nginx_opens_a_new_file_and_no_key_is_shipped(tmp_path: Path, programs: None) -> None:
    with Site(tmp_path) as site:
        site.start_edge()
        folder, service = tmp_path / "edge", Service()
        made = shipper(
            folder / "log",
            service,
            reopen=(str(folder / "run" / "edge.pid"),),
            turn_at_bytes=200,
            state=str(tmp_path / "state"),
        )
        access = folder / "log" / "edge-access.log"

        def ask(name: str) -> None:
            get(f"{site.base('edge')}/hls/{name}.m3u8?key=secret-key-1&Signature=secret-key-1")
            wait_for(f"the line of {name}", lambda: any(f'"path":"/hls/{name}' in each for each in shipped()))

        def shipped() -> list[str]:
            made.ship()
            return service.messages

        ask("first")
        wait_for("the file to be put aside", lambda: made.ship() == 0 and (access.parent / f"{access.name}.1").exists())
        wait_for("a new file", access.exists)
        ask("second")
    lines = [message for message in service.messages if '"path"' in message]
    assert [name for message in lines for name in ("first", "second") if f"/hls/{name}.m3u8" in message] == [
        *("first", "second")
    ]
    errors = [message for message in service.messages if "[error]" in message]
    assert errors  # no origin was there; nginx tells the whole request in its error log
    assert "secret-key-1" not in "".join(service.messages)
    assert any("key=***" in message for message in errors)


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A journal file as journald writes it, with three entries."""
    need("journal")
    file = tmp_path_factory.mktemp("journal") / "test.journal"
    entries = [
        {"MESSAGE": f"entry {number}", "SYSLOG_IDENTIFIER": "test", "_BOOT_ID": "0" * 31 + "1"} for number in range(3)
    ]
    text = ""
    for number, entry in enumerate(entries):
        text += f"__REALTIME_TIMESTAMP={1790000000000000 + number}\n__MONOTONIC_TIMESTAMP={number + 1}\n"
        text += "".join(f"{name}={value}\n" for name, value in entry.items()) + "\n"
    command = ["/lib/systemd/systemd-journal-remote", "--split-mode=none", "-o", str(file), "-"]
    subprocess.run(command, input=text, text=True, check=True, capture_output=True)
    return file


def test_the_journal_goes_on_after_its_cursor(journal: Path, tmp_path: Path) -> None:
    source = Journal(("journalctl", f"--file={journal}"))
    found = list(source.read(None))
    assert [event.message for event in found] == [f"test: entry {number}" for number in range(3)]
    assert [event.milliseconds for event in found] == [1790000000000] * 3
    assert [event.message for event in source.read(found[0].after)] == ["test: entry 1", "test: entry 2"]
    assert list(source.read(found[-1].after)) == []


@pytest.mark.skipif(adapter.installed_version() is None, reason="needs the extra `local`")
def test_the_local_cloud_has_it_all(tmp_path: Path) -> None:
    with LocalCloud.start(directory=tmp_path / "cloud") as cloud:
        logs = cloud.client("logs")
        logs.create_log_group(logGroupName=GROUP)
        lines = [f'{{"time":"{1_790_000_000 + number}.5","n":{number}}}' for number in range(10_050)]
        add(tmp_path / "a.log", *lines)
        stop = threading.Event()
        stop.set()  # whatever is refused is told at once
        made = shipper(tmp_path, logs, stop)
        assert made.ship() == 10_050
        assert made.ship() == 0
        [stream] = logs.describe_log_streams(logGroupName=GROUP)["logStreams"]
        assert stream["logStreamName"] == "edge/i-1/a.log"
        answer = logs.get_log_events(logGroupName=GROUP, logStreamName="edge/i-1/a.log", startFromHead=True, limit=3)
        assert [each["message"] for each in answer["events"]] == lines[:3]
        assert answer["events"][0]["timestamp"] == 1_790_000_000_500
