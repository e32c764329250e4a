"""WordPress: its files, its configuration in three parts, and its installation by WP-CLI.

`secrets.php` is ours and follows the secrets; `salts.php` is made once and kept with the data, so that nobody is
logged out by a new machine; `wp-config.php` is the owner's after the first run: it only takes the other two in.
"""

from __future__ import annotations

import re
import secrets
import shutil
import string
from pathlib import Path

from refarch.web.lamp_setup import database
from refarch.web.lamp_setup.failures import StepFailed, run
from refarch.web.lamp_setup.fetch import fetch, unpack
from refarch.web.lamp_setup.files import folder, write
from refarch.web.lamp_setup.platforms import Platform
from refarch.web.lamp_setup.settings import Settings

FILES, INSTALL = "WordPress files", "WordPress installation"
KEYS = [f"{kind}_{part}" for kind in ("AUTH", "SECURE_AUTH", "LOGGED_IN", "NONCE") for part in ("KEY", "SALT")]
LETTERS = string.ascii_letters + string.digits + "!@#$%^&*()-_=+[]{}|;:,.<>?/~ "
CONFIGURATION = """<?php
// Yours from now on: the server's set-up does not change this file again.
require {secrets};
require {salts};
$table_prefix = 'wp_';
define('FS_METHOD', 'direct');
define('WP_AUTO_UPDATE_CORE', 'minor');
if (!defined('ABSPATH')) {{
    define('ABSPATH', __DIR__ . '/');
}}
require_once ABSPATH . 'wp-settings.php';
"""


def quoted(text: str) -> str:
    """A string of PHP that is exactly this text."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def constants(values: dict[str, str]) -> str:
    lines = [f"define({quoted(name)}, {quoted(value)});" for name, value in values.items()]
    return "\n".join(["<?php", "// Written by the server's set-up; changed at its next run.", *lines, ""])


def secret_constants(settings: Settings, password: str) -> str:
    """What connects the site to its database and tells it its address."""
    values = {
        "DB_NAME": settings.database_name,
        "DB_USER": settings.database_user,
        "DB_PASSWORD": password,
        "DB_HOST": settings.database_host or f"localhost:{database.socket(settings)}",
        "DB_CHARSET": "utf8mb4",
        "DB_COLLATE": "",
        "WP_HOME": settings.site_url,
        "WP_SITEURL": settings.site_url,
    }
    # CloudFront ends TLS: without this WordPress would send a visitor to https for ever.
    secure = "$_SERVER['HTTPS'] = 'on';\n" if settings.site_url.startswith("https:") else ""
    encrypted = "define('MYSQL_CLIENT_FLAGS', MYSQLI_CLIENT_SSL);\n" if settings.database_host else ""
    return constants(values) + encrypted + secure


def salts() -> str:
    """Eight fresh secrets of 64 characters, from the system's generator."""
    return constants({key: "".join(secrets.choice(LETTERS) for _ in range(64)) for key in KEYS})


def ensure_files(settings: Settings, platform: Platform) -> list[str]:
    """The files of the pinned release where there is no site yet. A site that is there updates itself."""
    tools = folder(settings.configuration("downloads"))
    done = []
    if fetch("WP-CLI", settings.wp_cli_url, settings.wp_cli_sha256, tools / "wp-cli.phar"):
        done.append("WP-CLI fetched")
    if settings.site.exists():
        return done
    archive = tools / "wordpress.tar.gz"
    fetch(FILES, settings.wordpress_url, settings.wordpress_sha256, archive)
    unpack(FILES, archive, settings.site)
    run(FILES, ["chown", "--recursive", f"{platform.web_user}:{platform.web_user}", str(settings.site)])
    archive.unlink()
    return [*done, "WordPress unpacked"]


def ensure_configuration(settings: Settings, platform: Platform, password: str) -> list[str]:
    """The three parts of the configuration; what had to be written."""
    group, done = platform.web_user, []
    if write(secrets_file(settings), secret_constants(settings, password), mode=0o640, group=group):
        done.append("site's secrets written")
    if not salts_file(settings).exists():
        write(salts_file(settings), salts(), mode=0o640, group=group)
        done.append("salts made")
    wp_config = settings.site / "wp-config.php"
    if not wp_config.exists():
        text = CONFIGURATION.format(
            secrets=quoted(str(secrets_file(settings))), salts=quoted(str(salts_file(settings)))
        )
        write(wp_config, text, mode=0o640, group=group)
        shutil.chown(wp_config, platform.web_user)
        done.append("wp-config.php made")
    return done


def secrets_file(settings: Settings) -> Path:
    return settings.configuration("secrets.php")


def salts_file(settings: Settings) -> Path:
    return Path(settings.data_folder) / "salts.php"


def ensure_installed(settings: Settings, platform: Platform, admin: dict[str, str]) -> list[str]:
    """The site's tables and its first administrator, before anybody can reach the page that would ask for one."""
    if _wp(settings, platform, "option", "get", "siteurl", fails=True):
        return []
    account = [f"--admin_user={admin['username']}", f"--admin_email={settings.admin_email}", "--skip-email"]
    site = [f"--url={settings.site_url}", f"--title={settings.site_title}"]
    _wp(
        settings,
        platform,
        "core",
        "install",
        *site,
        *account,
        "--prompt=admin_password",
        given=slashed(admin["password"]),
    )
    _wp(settings, platform, "rewrite", "structure", "/%postname%/")
    return ["WordPress installed"]


def slashed(password: str) -> str:
    """The password as WordPress knows it: its login form hands on what was typed with these characters escaped."""
    return re.sub(r"([\\\\'\"])", r"\\\1", password)


def _wp(settings: Settings, platform: Platform, *command: str, given: str = "", fails: bool = False) -> str:
    """WP-CLI, as the site's own user, with the site's own code but without its plugins' output."""
    phar = str(settings.configuration("downloads") / "wp-cli.phar")
    wp = ["runuser", "-u", platform.web_user, "--", "php", phar, f"--path={settings.site}", *command]
    try:
        return run(INSTALL, wp, given=f"{given}\n" if given else None)
    except StepFailed:
        if fails:
            return ""
        raise
