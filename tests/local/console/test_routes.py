"""The page's files and data over plain HTTP: what is served, to whom, and what is told when something fails."""

from __future__ import annotations

import http.client
import json
import re
from pathlib import Path
from typing import Any

import pytest

from refarch.local import control
from refarch.local.console import pages, routes
from refarch.local.console.cache import Shared
from refarch.local.console.data import jobs, queues


def ask(bench: Any, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", bench.cloud.state.port, timeout=30)
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    found = answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    connection.close()
    return found


def test_the_page_comes_whole_from_here(bench: Any) -> None:
    status, headers, body = ask(bench, "GET", "/_refarch/console/")
    assert (status, headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "default-src 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    for name in re.findall(r'(?:src|href)="([^"#]+)"', body.decode()):
        assert ask(bench, "GET", f"/_refarch/console/{name}")[0] == 200


def test_every_module_that_is_imported_is_there() -> None:
    for file in pages.FOLDER.rglob("*.js"):
        for name in re.findall(r'^import .* from "([^"]+)";', file.read_text(), re.MULTILINE):
            assert (file.parent / name).resolve().is_file(), f"{file.name} imports {name}"


def test_nothing_leads_out_of_the_page() -> None:
    for file in pages.FOLDER.rglob("*.*"):
        text = file.read_text().replace("http://www.w3.org/2000/svg", "")
        assert re.findall(r"(https?:)?//[a-z]", text) == [], file
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(", text), file


@pytest.mark.parametrize("name", ["../routes.py", "../../adapter.py", "views/../../pages.py", "nothing.js", "views"])
def test_only_the_pages_own_files_are_served(name: str) -> None:
    answer = pages.serve(control.Request(path=f"/_refarch/console/{name}"))
    assert answer.status == 404


def test_the_address_without_a_slash_leads_there(bench: Any) -> None:
    status, headers, _ = ask(bench, "GET", "/_refarch/console")
    assert (status, headers["location"]) == (307, "console/")


@pytest.mark.parametrize("name", ["summary", "stacks", "queues", "buckets", "jobs", "instances"])
def test_every_list_answers(bench: Any, name: str) -> None:
    status, headers, body = ask(bench, "GET", f"/_refarch/console/data/{name}")
    assert (status, headers["cache-control"]) == (200, "no-store")
    assert json.loads(body)


def test_what_is_not_there_is_told_in_words(bench: Any) -> None:
    status, _, body = ask(bench, "GET", "/_refarch/console/data/stack?name=no-such-stack")
    assert status == 502
    assert "no-such-stack" in json.loads(body)["error"]


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1"])
def test_a_page_of_another_origin_drives_nothing(bench: Any, origin: str) -> None:
    event = json.dumps({"source": "s", "detail-type": "d", "detail": {}}).encode()
    status, _, body = ask(bench, "POST", "/_refarch/emit", event, Origin=origin)
    assert status == 403
    assert "may not drive" in json.loads(body)["error"]
    own = bench.cloud.endpoint_url
    assert ask(bench, "POST", "/_refarch/emit", event, Origin=own)[0] == 200


def test_a_name_that_only_leads_here_reads_nothing(bench: Any) -> None:
    assert ask(bench, "GET", "/_refarch/events", Host="evil.example:80")[0] == 403
    assert ask(bench, "GET", "/_refarch/events", Host=f"localhost:{bench.cloud.state.port}")[0] == 200


def test_many_pages_cost_what_one_costs() -> None:
    computed: list[int] = []
    shared = Shared(lambda: computed.append(1) or len(computed), 60)
    assert [shared() for _ in range(5)] == [1] * 5
    assert [Shared(lambda: computed.append(1) or len(computed), 0)() for _ in range(2)] == [2, 3]


def test_a_failure_of_the_emulator_is_an_answer() -> None:
    def fails(request: control.Request) -> None:
        raise RuntimeError("it is gone")

    answer = routes.told(fails)(control.Request(path="/_refarch/console/data/x"))
    assert (answer.status, json.loads(answer.body)) == (502, {"error": "RuntimeError: it is gone"})


@pytest.mark.parametrize(
    ("message", "state"),
    [
        ({"visible_at": 5}, "waiting"),
        ({"visible_at": 50}, "delayed"),
        ({"visible_at": 50, "receive_count": 2}, "in flight"),
    ],
)
def test_the_state_of_a_message(message: dict[str, Any], state: str) -> None:
    assert queues.message_line(message, now=10)["state"] == state


def test_a_failed_job_says_why() -> None:
    line = jobs.batch_line({"jobId": "j", "status": "FAILED", "container": {"exitCode": 3}}, "queue")
    assert (line["reason"], line["place"], line["started"]) == ("exit code 3", "queue", 0)
    task = {"taskArn": "a/b/t", "clusterArn": "x/c", "lastStatus": "STOPPED", "containers": [{"exitCode": 2}]}
    assert (jobs.task_line(task)["reason"], jobs.task_line(task)["place"]) == ("exit code 2", "c")


def test_the_pages_files_are_next_to_the_code() -> None:
    assert Path(pages.__file__).parent / "page" == pages.FOLDER
