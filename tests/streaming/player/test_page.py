"""The page's own scripts with Node's test runner, and what lies beside them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from refarch.streaming.player import policy, vendored

HERE = Path(__file__).resolve().parent
SCRIPTS = sorted((vendored.PAGE / "js").glob("*.js"))


@pytest.mark.parametrize("file", sorted((HERE / "page").glob("*.test.mjs")), ids=lambda path: path.name)
def test_scripts(file: Path) -> None:
    node = shutil.which("node")
    assert node, "bootstrap.py brings Node"
    environment = os.environ | {"PAGE": vendored.PAGE.as_uri(), "NODE_NO_WARNINGS": "1"}
    done = subprocess.run([node, "--test", str(file)], env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout[-4000:]
    assert "# fail 0" in done.stdout or "fail 0" in done.stdout


def test_libraries_are_the_locked_ones() -> None:
    """Their bytes are those that were taken out of packages whose integrity npm's lock holds."""
    assert vendored.broken() == []
    texts = (vendored.VENDOR / vendored.LICENCES).read_text()
    for package in vendored.locked().values():
        if package["name"] != "stats-gl":  # its package has no licence file
            assert f"=== {package['name']} {package['version']} ===" in texts


def test_changed_library_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(vendored.VENDOR, tmp_path / "vendor")
    (tmp_path / "vendor" / "hls.min.js").write_text("alert(1)")
    (tmp_path / "vendor" / "further.js").write_text("")
    monkeypatch.setattr(vendored, "VENDOR", tmp_path / "vendor")
    assert vendored.broken() == ["further.js", "hls.min.js"]


def test_page_loads_nothing_from_elsewhere() -> None:
    page = (vendored.PAGE / "index.html").read_text()
    assert re.findall(r'(?:src|href)="(?!#)([^"]+)"', page) == [
        "data:,",
        "player.css",
        "vendor/aframe.min.js",
        "js/main.js",
    ]
    assert not re.search(r"\son\w+=|style=|<script>", page), "the policy forbids what stands inline"
    for script in SCRIPTS:
        assert "innerHTML" not in script.read_text()
        assert all(name.startswith(".") for name in re.findall(r'from "([^"]+)"', script.read_text()))


def test_rooms_stay_small() -> None:
    assert all(len(script.read_text().splitlines()) <= 120 for script in SCRIPTS)
    size = sum(path.stat().st_size for path in vendored.PAGE.rglob("*") if path.is_file())
    assert size < 2_200_000


def test_policy_is_strict() -> None:
    text = policy.content_security_policy()
    assert "unsafe" not in text
    assert text.startswith("default-src 'none'; script-src 'self'; ")
    assert "connect-src 'self' https:;" in text
    own = policy.content_security_policy(["https://cdn.example"], framed_by=["https://site.example"])
    assert "connect-src 'self' https://cdn.example;" in own
    assert own.endswith("frame-ancestors 'self' https://site.example")


@pytest.mark.parametrize("source", ["https:", "http:", "https://a.example", "https://*.a.example:8443", "http://a:*"])
def test_sources(source: str) -> None:
    assert policy.sources_allowed([source])


@pytest.mark.parametrize(
    "source", ["*", "", "a.example", "https://a.example/x", "'unsafe-eval'", "https: ; x", "data:"]
)
def test_no_sources(source: str) -> None:
    assert not policy.sources_allowed([source])
