"""What viewers lived through, out of lines as the edge writes them."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refarch.streaming.player import client_log


def line(cmcd: str) -> str:
    return json.dumps({"time": "1.2", "path": "/x", "status": 200, "cmcd": quote(cmcd, safe="")})


LINES = [
    line('br=500,cid="demo",bs,ot=av,sid="one",st=l'),
    line('cid="demo",refarch-event="start",refarch-ms=1200,sid="one"'),
    line('cid="demo",refarch-event="stall",refarch-ms=700,sid="one"'),
    line('br=320,cid="demo",refarch-event="switch",sid="one"'),
    line('cid="demo",refarch-event="failure",refarch-what="network",sid="one"'),
    line('cid="demo",refarch-event="reload",sid="one"'),
    line('cid="a, \\"b\\"",sid="two"'),
    line(""),
    '{"time":"cut off',
]


def test_sessions() -> None:
    found = client_log.sessions(LINES)
    one = client_log.Session("demo", 1, 1200, [700], [320], ["network"], 1, 1)
    assert found == {"one": one, "two": client_log.Session('a, "b"', 1)}


def test_report_has_a_line_for_each(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "edge-access.log"
    file.write_text("\n".join(LINES))
    assert client_log.main([str(file)]) == 0
    assert [row.split()[0] for row in capsys.readouterr().out.splitlines()] == ["session", "one", "two"]
    assert client_log.main([]) == 2


@given(st.text(max_size=80))
def test_any_text_is_read(text: str) -> None:
    client_log.parse(text)
    client_log.sessions([json.dumps({"cmcd": text}), text])
