"""PHP as a pool of processes behind a socket, with its code cached."""

from __future__ import annotations

from refarch.web.lamp_setup.files import write
from refarch.web.lamp_setup.platforms import Platform
from refarch.web.lamp_setup.services import Service, Services
from refarch.web.lamp_setup.settings import Settings

PROCESS_MIB = 96  # what a process of WordPress takes with some plugins
CONFIGURATION = """; Written by lamp_setup; changed at its next run.
[global]
error_log = {log}
daemonize = no

[wordpress]
user = {user}
group = {user}
listen = {socket}
listen.owner = {user}
listen.mode = 0600
pm = dynamic
pm.max_children = {children}
pm.start_servers = 2
pm.min_spare_servers = 1
pm.max_spare_servers = {spare}
pm.max_requests = 500
request_terminate_timeout = 300
security.limit_extensions = .php
catch_workers_output = yes
php_admin_flag[expose_php] = off
php_admin_flag[display_errors] = off
php_admin_flag[log_errors] = on
php_admin_value[opcache.enable] = 1
php_admin_value[opcache.memory_consumption] = 128
php_admin_value[opcache.interned_strings_buffer] = 16
php_admin_value[opcache.max_accelerated_files] = 20000
php_admin_value[opcache.revalidate_freq] = 2
php_value[memory_limit] = 256M
php_value[upload_max_filesize] = 64M
php_value[post_max_size] = 72M
php_value[max_execution_time] = 120
"""


def socket(settings: Settings) -> str:
    return str(settings.run("php.sock"))


def children(memory_mib: int) -> int:
    """How many PHP processes fit into half of the machine's memory."""
    return max(2, memory_mib // 2 // PROCESS_MIB)


def configuration(settings: Settings, platform: Platform) -> str:
    most = children(settings.memory)
    return CONFIGURATION.format(
        log=settings.log("php.log"),
        user=platform.web_user,
        socket=socket(settings),
        children=most,
        spare=max(2, most // 3),
    )


def service(settings: Settings, platform: Platform) -> Service:
    path = settings.configuration("php-fpm.conf")
    return Service("php-fpm", [platform.php_fpm, "--nodaemonize", "--fpm-config", str(path)], reload="SIGUSR2")


def ensure(settings: Settings, platform: Platform, services: Services) -> list[str]:
    """Have PHP run; what had to be done."""
    changed = write(settings.configuration("php-fpm.conf"), configuration(settings, platform))
    return ["PHP started"] if services.ensure(service(settings, platform), changed=changed) else []
