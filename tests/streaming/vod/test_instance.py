"""What the worker learns of its instance, and what it asks the group for. The metadata service here is a small server
that speaks its second version, tokens and all."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from refarch.streaming.vod.instance import Metadata, Protection, group_of, watch
from rehearsals.vod_processes import VodSite, until

ACTION = "/latest/meta-data/spot/instance-action"
STATE = "/latest/meta-data/autoscaling/target-lifecycle-state"


class Service:
    """A metadata service; `paths` is what it knows, `token` what it takes."""

    def __init__(self) -> None:
        self.paths, self.token, self.tokens = {"/latest/meta-data/instance-id": "i-0123"}, "first", 0
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_PUT(self) -> None:
                service.tokens += 1
                self.answer(200, service.token)

            def do_GET(self) -> None:
                if self.headers.get("X-aws-ec2-metadata-token") != service.token:
                    self.answer(401, "")
                else:
                    self.answer(200 if self.path in service.paths else 404, service.paths.get(self.path, ""))

            def answer(self, status: int, text: str) -> None:
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, format: str, *args: Any) -> None:
                """Silence."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.address = f"127.0.0.1:{self.server.server_port}"


@pytest.fixture
def service() -> Iterator[Service]:
    made = Service()
    yield made
    made.server.shutdown()
    made.server.server_close()


def test_one_token_serves_many_questions_and_a_stale_one_is_replaced(service: Service) -> None:
    metadata = Metadata(service.address)
    assert [metadata.get("/latest/meta-data/instance-id") for _ in range(3)] == ["i-0123"] * 3
    assert service.tokens == 1
    assert metadata.get("/nothing") == ""
    service.token = "second"
    assert metadata.get("/latest/meta-data/instance-id") == ""
    assert metadata.get("/latest/meta-data/instance-id") == "i-0123"


@pytest.mark.parametrize(("path", "text"), [(ACTION, '{"action": "terminate"}'), (STATE, "Terminated")])
def test_a_notice_stops_the_watch(service: Service, path: str, text: str) -> None:
    service.paths[STATE] = "InService"
    stop = threading.Event()
    thread = threading.Thread(target=watch, args=(Metadata(service.address), stop, 0.05))
    thread.start()
    assert not stop.wait(0.3)
    service.paths[path] = text
    assert stop.wait(10)
    thread.join()


def test_a_silent_service_does_not_end_the_watch(service: Service) -> None:
    stop = threading.Event()
    thread = threading.Thread(target=watch, args=(Metadata("127.0.0.1:1"), stop, 0.05))
    thread.start()
    assert not stop.wait(0.3)
    assert thread.is_alive()
    stop.set()
    thread.join()


def test_a_notice_hands_the_message_back_and_no_more_is_taken(site: VodSite, hour_film: Path, service: Service) -> None:
    site.put("talk.mp4", hour_film)
    worker = site.start(metadata=service.address, visibility_seconds=600)
    until(worker.working, "it encodes")
    service.paths[ACTION] = json.dumps({"action": "terminate", "time": "2026-01-01T00:00:00Z"})
    until(lambda: worker.said("handed back"), "the message is handed back")
    assert worker.process.poll() is None  # it waits for its end: started again, it would take the message once more
    got = site.sqs.receive_message(QueueUrl=site.queue, VisibilityTimeout=0)
    assert len(got["Messages"]) == 1
    assert site.objects() == []
    worker.end()
    assert worker.process.returncode == 0


class Scaling:
    """Notes what is asked of Auto Scaling; refuses when told to."""

    def __init__(self) -> None:
        self.asked: list[bool] = []
        self.refuses = False

    def describe_auto_scaling_instances(self, *, InstanceIds: list[str]) -> dict[str, Any]:
        known = [{"AutoScalingGroupName": "group"}] if InstanceIds == ["i-0123"] else []
        return {"AutoScalingInstances": known}

    def set_instance_protection(self, **given: Any) -> None:
        if self.refuses:
            raise RuntimeError("refused")
        assert (given["AutoScalingGroupName"], given["InstanceIds"]) == ("group", ["i-0123"])
        self.asked.append(given["ProtectedFromScaleIn"])


def test_protection_is_asked_for_once_and_a_refusal_is_tried_again() -> None:
    scaling = Scaling()
    protection = Protection(scaling, "group", "i-0123")
    protection.set(False)
    scaling.refuses = True
    protection.set(True)
    scaling.refuses = False
    for on in (True, True, False, False):
        protection.set(on)
    assert scaling.asked == [True, False]
    assert group_of(scaling, "i-0123") == "group"
    assert group_of(scaling, "i-9999") == group_of(None, "i-0123") == ""
    Protection(None, "", "i-0123").set(True)  # outside a group there is nobody to ask
