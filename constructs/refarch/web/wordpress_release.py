"""The release of WordPress and the WP-CLI that a new server starts from, pinned by their checksums. No AWS.

A site keeps itself up to date within its minor version from then on. Reviewed 2026-11; the checksums were seen in two
independent repositories each, and WP-CLI's is that of the file the tests run.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class WordPressRelease:
    """Where two files are fetched from, and what they must be. `problems` says what is wrong with it."""

    wordpress_url: str = "https://wordpress.org/wordpress-7.1.1.tar.gz"
    wordpress_sha256: str = "3996fee13448ef12e07e9f0c77db2f655ffa1b7cde71c80a4965d3bf1fb956b3"
    wp_cli_url: str = "https://github.com/wp-cli/wp-cli/releases/download/v2.12.0/wp-cli-2.12.0.phar"
    wp_cli_sha256: str = "ce34ddd838f7351d6759068d09793f26755463b4a4610a5a5c0a97b68220d85c"

    def problems(self) -> list[tuple[str, str, str]]:
        """(name, value, allowed) of each field that cannot be."""
        checks = (
            ("wordpress_url", r"https://\S+", "an https address"),
            ("wp_cli_url", r"https://\S+", "an https address"),
            ("wordpress_sha256", r"[0-9a-f]{64}", "64 hexadecimal digits"),
            ("wp_cli_sha256", r"[0-9a-f]{64}", "64 hexadecimal digits"),
        )
        values = [(name, getattr(self, name), pattern, allowed) for name, pattern, allowed in checks]
        return [(name, value, allowed) for name, value, pattern, allowed in values if not re.fullmatch(pattern, value)]
