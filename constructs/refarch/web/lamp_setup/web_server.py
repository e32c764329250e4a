"""Apache httpd before PHP: one whole configuration file, the same on every distribution."""

from __future__ import annotations

import re

from refarch.web.lamp_setup import php
from refarch.web.lamp_setup.failures import StepFailed
from refarch.web.lamp_setup.files import write
from refarch.web.lamp_setup.platforms import Platform
from refarch.web.lamp_setup.services import Service, Services
from refarch.web.lamp_setup.settings import Settings

STEP = "web server"
HEADER = "X-Origin-Verify"
MODULES = (
    "unixd",
    "log_config",
    "mpm_event",
    "authz_core",
    "authz_host",
    "access_compat",
    "mime",
    "dir",
    "alias",
    "rewrite",
    "setenvif",
    "headers",
    "expires",
    "filter",
    "deflate",
    "proxy",
    "proxy_fcgi",
)
CONFIGURATION = """# Written by lamp_setup; changed at its next run.
ServerRoot "{run}"
PidFile "{run}/httpd.pid"
DefaultRuntimeDir "{run}"
Listen {listen}
ServerName localhost
ServerTokens Prod
ServerSignature Off
TraceEnable Off
User {user}
Group {user}
TypesConfig "{mime_types}"
ErrorLog "{log}/httpd-error.log"
LogFormat "%h %l %u %t \\"%r\\" %>s %b %D" plain
CustomLog "{log}/httpd-access.log" plain
KeepAliveTimeout 75
Timeout 130

<Directory "/">
  AllowOverride None
  Require all denied
</Directory>

DocumentRoot "{site}"
DirectoryIndex index.php index.html
<Directory "{site}">
  Options FollowSymLinks
  AllowOverride FileInfo Indexes Limit AuthConfig Options
{access}
  FallbackResource /index.php
</Directory>
<Directory "{site}/wp-content/uploads">
  <FilesMatch "\\.(php|phar|phtml)$">
    Require all denied
  </FilesMatch>
</Directory>
<FilesMatch "^(\\.|wp-config\\.php$)">
  Require all denied
</FilesMatch>
RedirectMatch 302 "^/wordpress/?$" "/"

<FilesMatch "\\.php$">
  SetHandler "proxy:unix:{socket}|fcgi://localhost/"
</FilesMatch>
<Proxy "fcgi://localhost/">
  ProxySet timeout=130
</Proxy>
AddOutputFilterByType DEFLATE text/html text/css application/javascript application/json image/svg+xml
Header always set X-Content-Type-Options nosniff
ExpiresActive On
ExpiresByType image/jpeg "access plus 1 week"
ExpiresByType image/png "access plus 1 week"
ExpiresByType text/css "access plus 1 day"
ExpiresByType application/javascript "access plus 1 day"
"""


def access(origin_token: str) -> str:
    """Who is served. With a token, only requests that carry it: those that came through CloudFront."""
    if not origin_token:
        return "  Require all granted"
    if not re.fullmatch(r"[A-Za-z0-9]{16,128}", origin_token):
        raise StepFailed(STEP, "the origin's secret must be 16 to 128 letters and digits")
    return f"  Require expr \"%{{HTTP:{HEADER}}} == '{origin_token}'\""


def modules(platform: Platform) -> str:
    """Load what is not built in: which modules are, differs between distributions."""
    folder = platform.apache_modules
    return "".join(
        f'<IfModule !{name}_module>\n  LoadModule {name}_module "{folder}/mod_{name}.so"\n</IfModule>\n'
        for name in MODULES
    )


def configuration(settings: Settings, platform: Platform, origin_token: str) -> str:
    text = CONFIGURATION.format(
        run=settings.run_folder,
        listen=settings.listen,
        user=platform.web_user,
        mime_types=platform.mime_types,
        log=settings.log_folder,
        site=settings.site,
        access=access(origin_token),
        socket=php.socket(settings),
    )
    first, rest = text.split("Listen ", 1)
    return f"{first}{modules(platform)}Listen {rest}"


def service(settings: Settings, platform: Platform) -> Service:
    command = [platform.apache, "-D", "FOREGROUND", "-f", str(settings.configuration("httpd.conf"))]
    return Service("httpd", command, reload="SIGUSR1", stop="SIGTERM", after="lamp-php-fpm.service")


def ensure(settings: Settings, platform: Platform, services: Services, origin_token: str) -> list[str]:
    """Have the web server run; what had to be done. Its file holds the origin's token: root alone may read it."""
    text = configuration(settings, platform, origin_token)
    changed = write(settings.configuration("httpd.conf"), text, mode=0o600)
    return ["web server started"] if services.ensure(service(settings, platform), changed=changed) else []
