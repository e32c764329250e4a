"""Where two distributions keep the same programs. The packages of each are installed before the configuration runs.

Amazon Linux 2023 names PHP's and MariaDB's versions in its packages; `check` of the tests holds the names against
`packages.json`. Debian 12 has PHP 8.2 and MariaDB 10.11; it is what the tests run on.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Platform:
    """Programs by absolute path, where the two differ; accounts; the command that installs packages."""

    install: tuple[str, ...]
    packages: tuple[str, ...]
    web_user: str
    apache: str
    apache_modules: str
    mime_types: str
    php_fpm: str
    database_user: str = "mysql"
    mariadbd: str = "/usr/sbin/mariadbd"


PLATFORMS = {
    "amazon-linux-2023": Platform(
        install=("dnf", "install", "--assumeyes", "--setopt=install_weak_deps=False"),
        packages=(
            "httpd",
            "mariadb1011-server",
            "php8.4-cli",
            "php8.4-fpm",
            "php8.4-gd",
            "php8.4-intl",
            "php8.4-mbstring",
            "php8.4-mysqlnd",
            "php8.4-opcache",
            "php8.4-xml",
            "php8.4-zip",
        ),
        web_user="apache",
        apache="/usr/sbin/httpd",
        apache_modules="/etc/httpd/modules",
        mime_types="/etc/mime.types",
        php_fpm="/usr/sbin/php-fpm",
        mariadbd="/usr/libexec/mariadbd",
    ),
    "debian-12": Platform(
        install=("apt-get", "install", "--yes", "--no-install-recommends", "--option", "DPkg::Lock::Timeout=120"),
        packages=(
            "apache2-bin",
            "mariadb-server",
            "media-types",
            "php8.2-cli",
            "php8.2-curl",
            "php8.2-fpm",
            "php8.2-gd",
            "php8.2-intl",
            "php8.2-mbstring",
            "php8.2-mysql",
            "php8.2-opcache",
            "php8.2-xml",
            "php8.2-zip",
        ),
        web_user="www-data",
        apache="/usr/sbin/apache2",
        apache_modules="/usr/lib/apache2/modules",
        mime_types="/etc/mime.types",
        php_fpm="/usr/sbin/php-fpm8.2",
    ),
}
