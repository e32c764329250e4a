"""The parts of the site's configuration that are text: quoting, salts, constants, and who may write what."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from refarch.web.lamp_setup import web_server
from refarch.web.lamp_setup.failures import StepFailed
from refarch.web.lamp_setup.platforms import PLATFORMS
from refarch.web.lamp_setup.settings import Settings
from refarch.web.lamp_setup.wordpress import CONFIGURATION, KEYS, quoted, salts, secret_constants, slashed

SITE = Settings(
    site_url="https://d111111abcdef8.cloudfront.net",
    admin_email="a@example.com",
    database_secret="d",
    admin_secret="a",
    wordpress_url="https://example.com/w",
    wordpress_sha256="0" * 64,
    wp_cli_url="https://example.com/c",
    wp_cli_sha256="0" * 64,
)
needs_php = pytest.mark.skipif(shutil.which("php") is None, reason="PHP is not installed here")


def test_salts_are_fresh_and_strong() -> None:
    first, second = salts(), salts()
    found = dict(re.findall(r"define\('(\w+)', '(.*)'\);", first))
    assert set(found) == set(KEYS)
    assert len(set(found.values())) == len(KEYS)
    assert all(len(value.replace("\\'", "'").replace("\\\\", "\\")) == 64 for value in found.values())
    assert not set(found.values()) & set(dict(re.findall(r"define\('(\w+)', '(.*)'\);", second)).values())


@needs_php
@settings(max_examples=25, deadline=None)
@given(some.text(some.characters(codec="utf-8", exclude_characters="\0"), max_size=40))
def test_php_reads_back_what_was_quoted(text: str) -> None:
    program = f"<?php echo bin2hex({quoted(text)});"
    said = subprocess.run(["php"], input=program.encode(), capture_output=True, check=True).stdout.decode()
    assert bytes.fromhex(said).decode() == text


@given(some.text())
def test_slashes_come_off_again(text: str) -> None:
    """As WordPress's own wp_unslash takes them off."""
    assert re.sub(r"\\(.)", r"\1", slashed(text), flags=re.DOTALL) == text


def test_a_secure_site_says_so_and_a_database_elsewhere_is_reached_by_tls() -> None:
    assert "$_SERVER['HTTPS'] = 'on';" in secret_constants(SITE, "x")
    plain = Settings(**{**SITE.__dict__, "site_url": "http://example.com", "database_host": "db:3306"})
    text = secret_constants(plain, "x")
    assert "HTTPS" not in text
    assert "MYSQLI_CLIENT_SSL" in text
    assert "'db:3306'" in text


def test_the_site_may_update_itself() -> None:
    """Its files belong to the web server's user, and WordPress takes minor releases on its own."""
    assert "define('FS_METHOD', 'direct');" in CONFIGURATION
    assert "define('WP_AUTO_UPDATE_CORE', 'minor');" in CONFIGURATION


@pytest.mark.parametrize("token", ["short", "with a space in it, too", "quote'quote'quote'quote"])
def test_a_token_that_could_break_the_configuration_is_refused(token: str) -> None:
    with pytest.raises(StepFailed, match="letters and digits"):
        web_server.access(token)


def test_uploads_are_never_run(tmp_path: Path) -> None:
    text = web_server.configuration(SITE, PLATFORMS["amazon-linux-2023"], "A" * 32)
    uploads = text[text.index("wp-content/uploads") :]
    assert "Require all denied" in uploads[: uploads.index("</Directory>")]
    assert "Require expr" in text
    assert "Require all granted" not in text


def test_memory_is_the_machines_unless_it_is_given() -> None:
    whole = int(re.search(r"MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text()).group(1)) // 1024  # type: ignore[union-attr]
    assert abs(SITE.memory - whole) <= 1
    assert Settings(**{**SITE.__dict__, "memory_mib": 500}).memory == 500
