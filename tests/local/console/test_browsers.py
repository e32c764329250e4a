"""A page of the internet cannot drive the local cloud through the user's browser; one of this machine can."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from refarch.local.browsers import is_of_another_site

EVIL = "http://evil.example"
CROSS = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "cors"}
LINK = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}


@pytest.mark.parametrize(
    ("method", "headers", "refused"),
    [
        ("POST", {}, False),  # a command, an SDK
        ("POST", {"origin": EVIL}, False),  # a test of CORS with an SDK
        ("POST", CROSS | {"origin": EVIL}, True),
        ("POST", CROSS | {"origin": "null"}, True),
        ("GET", CROSS, True),
        ("POST", CROSS | {"origin": "http://localhost:3000"}, False),
        ("POST", CROSS | {"origin": "http://bucket.s3-website.localhost:4000"}, False),
        ("POST", CROSS | {"origin": "http://localhost.evil.example"}, True),
        ("POST", {"sec-fetch-site": "same-origin", "origin": "http://127.0.0.1:1"}, False),
        ("GET", LINK, False),
        ("POST", LINK | {"origin": EVIL}, True),  # a form
        ("GET", LINK | {"sec-fetch-dest": "iframe"}, True),
    ],
)
def test_what_is_refused(method: str, headers: dict[str, str], refused: bool) -> None:
    assert is_of_another_site(method, headers) is refused


@pytest.fixture
def site() -> Iterator[int]:
    """The port of a site that serves an empty page."""

    class Empty(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Nothing to say."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Empty)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


SEND = """
const done = arguments[arguments.length - 1];
fetch(arguments[0], {method: "POST", mode: "no-cors", body: arguments[1],
                     headers: {"content-type": "application/x-www-form-urlencoded"}}).then(() => done(), () => done());
"""


@pytest.mark.parametrize(("host", "arrives"), [("evil.example", False), ("localhost", True)])
def test_in_a_real_browser(bench: Any, driver: Any, site: int, host: str, arrives: bool) -> None:
    queue = bench.name("from-a-page")
    driver.get(f"http://{host}:{site}/")
    driver.set_script_timeout(20)
    body = f"Action=CreateQueue&QueueName={queue}&Version=2012-11-05"
    driver.execute_async_script(SEND, f"{bench.cloud.endpoint_url}/000000000000/", body)
    queues = bench.cloud.client("sqs").list_queues(QueueNamePrefix=queue).get("QueueUrls", [])
    assert bool(queues) is arrives
