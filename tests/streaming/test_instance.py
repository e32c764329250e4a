"""An instance's start: secrets become files, steps fail by their name, and an edge follows origins that move."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from refarch.streaming.instance import boot, follow
from refarch.streaming.instance.plan import BadSecretError, Plan, SecretFile, load, publish_keys


def test_a_secret_is_one_key_or_keys_by_name() -> None:
    assert publish_keys("abcdefgh1\n") == {"*": ["abcdefgh1"]}
    assert publish_keys('{"demo": ["abcdefgh1", "abcdefgh2"]}') == {"demo": ["abcdefgh1", "abcdefgh2"]}


@pytest.mark.parametrize("secret", ["", "short", "with space in it", '{"demo": "abcdefgh1"}', "{}", '{"a', '{"a": []}'])
def test_what_cannot_be_a_key_is_refused_without_telling_it(secret: str) -> None:
    with pytest.raises(BadSecretError) as caught:
        publish_keys(secret)
    assert not secret or secret not in str(caught.value)


def test_a_test_source_shows_each_stream_its_key() -> None:
    file = SecretFile("/f", "arn", "urls", ("rtmp://one:1935/live/demo", "rtmp://two:1935/live/other"))
    assert file.content('{"demo": ["abcdefgh1"], "*": ["abcdefgh2"]}').splitlines() == [
        "rtmp://one:1935/live/demo?key=abcdefgh1",
        "rtmp://two:1935/live/other?key=abcdefgh2",
    ]
    with pytest.raises(BadSecretError, match="'other'"):
        file.content('{"demo": ["abcdefgh1"]}')


class Fakes:
    """The clients that boot asks for; the address is refused `refusals` times."""

    def __init__(self, refusals: int = 0) -> None:
        self.refusals, self.calls = refusals, []  # type: ignore[var-annotated]

    def __call__(self, service: str, plan: Plan) -> Any:
        return self

    def associate_address(self, **values: Any) -> None:
        self.calls.append(("address", values))
        if self.refusals:
            self.refusals -= 1
            raise ClientError({"Error": {"Code": "Busy", "Message": "held"}}, "AssociateAddress")

    def get_secret_value(self, **values: Any) -> dict[str, str]:
        return {"SecretString": "abcdefgh1"}

    def signal_resource(self, **values: Any) -> None:
        self.calls.append(("signal", values))


@pytest.fixture
def fakes(monkeypatch: pytest.MonkeyPatch) -> Fakes:
    made = Fakes()
    monkeypatch.setattr(boot, "_client", made)
    monkeypatch.setattr(boot, "instance_id", lambda: "i-1")
    monkeypatch.setattr("refarch.streaming.instance.boot.time.sleep", lambda seconds: None)
    return made


def write_plan(tmp_path: Path, **further: Any) -> Path:
    file = tmp_path / "instance.json"
    keys = str(tmp_path / "etc" / "keys.json")
    told: dict[str, Any] = {
        "role": "origin",
        "settings": {"name": "primary"},
        "folder": str(tmp_path / "etc"),
        "secrets": [{"file": keys, "secret": "arn", "form": "publish_keys"}],
        "allocation_id": "eipalloc-1",
        "stack": "Stack",
        "resource": "Group",
    }
    file.write_text(json.dumps(told | further))
    return file


def test_an_address_that_is_held_is_taken_over_in_the_end(fakes: Fakes, tmp_path: Path) -> None:
    fakes.refusals = 2
    assert boot.main(write_plan(tmp_path)) == 0
    asked = [values for kind, values in fakes.calls if kind == "address"]
    assert len(asked) == 3
    assert asked[0] == {"AllocationId": "eipalloc-1", "InstanceId": "i-1", "AllowReassociation": True}
    assert fakes.calls[-1][1]["Status"] == "SUCCESS"
    assert json.loads((tmp_path / "etc" / "keys.json").read_text()) == {"*": ["abcdefgh1"]}
    assert (tmp_path / "etc" / "keys.json").stat().st_mode & 0o777 == 0o640
    assert json.loads((tmp_path / "etc" / "origin.json").read_text()) == {"name": "primary"}


def test_an_origin_that_does_not_answer_is_signalled_as_a_failure(fakes: Fakes, tmp_path: Path) -> None:
    file = write_plan(tmp_path, health="http://127.0.0.1:9/healthz", health_seconds=0)
    assert boot.main(file) == 1
    told = fakes.calls[-1][1]
    assert (told["Status"], told["UniqueId"]) == ("FAILURE", "i-1 health")


def test_an_origin_that_answers_is_not(fakes: Fakes, tmp_path: Path) -> None:
    class Healthy(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Healthy)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        file = write_plan(tmp_path, health=f"http://127.0.0.1:{server.server_port}/")
        assert boot.main(file) == 0
    finally:
        server.shutdown()
        server.server_close()


def test_the_plan_is_read_as_it_is_written(tmp_path: Path) -> None:
    plan = load(write_plan(tmp_path))
    assert (plan.role, plan.secrets[0].form, plan.services) == ("origin", "publish_keys", ())


def test_an_edge_reloads_when_an_origin_moves_and_only_then(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    answers: dict[str, tuple[str, ...]] = {"one": ("10.0.0.1",)}
    monkeypatch.setattr(follow, "_addresses", lambda name: answers[name])

    def changed() -> bool:
        told.append("reload")
        return len(told) > 1  # nginx is not there yet at the first

    known = follow.look(["one"], {"one": ("10.0.0.1",)}, changed)
    assert told == []
    answers["one"] = ("10.0.0.2",)
    known = follow.look(["one"], known, changed)
    known = follow.look(["one"], known, changed)
    follow.look(["one"], known, changed)
    assert told == ["reload", "reload"]
    answers["one"] = ()  # DNS is away: nothing changes
    follow.look(["one"], known, changed)
    assert told == ["reload", "reload"]
