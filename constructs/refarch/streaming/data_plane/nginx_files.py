"""nginx's configuration for each role, as text. Decisions: nothing is written or started in here."""

from __future__ import annotations

import re
from collections.abc import Iterable

from refarch.streaming.data_plane.render import render, template
from refarch.streaming.data_plane.settings import EdgeSettings, OriginSettings

LOOPBACK_KEPT_SEGMENTS = 20
_BLOCKING = """      error_page 418 = @{};
      if ($arg__HLS_msn) {{ return 418; }}"""
_UNREACHABLE = "\n      error_page 502 504 =503 @unreachable;"
_KEY = re.compile(r"^[A-Za-z0-9_-]{16,128}$")


class WeakKeyError(ValueError):
    """A key that is too short, or that nginx's configuration could misread."""


def origin(settings: OriginSettings, *, direct_key: str = "", signing_key: str = "") -> str:
    """`direct_key`: what CloudFront shows at `direct_listen`. Raises `WeakKeyError` as `edge` does, for both keys."""
    kept = settings.fragment_seconds * LOOPBACK_KEPT_SEGMENTS
    loopback = {"RUN": settings.run, "FRAGMENT": settings.fragment_seconds, "KEPT": kept}
    wanted = settings.packager == "rtmp-loopback"
    values = {
        "USER": settings.nginx_user,
        "RUN": settings.run,
        "LOG": settings.log,
        "RTMP_LISTEN": settings.rtmp_listen,
        "PROXIED_LISTEN": _proxied(settings),
        "HTTP_LISTEN": settings.http_listen,
        "CONTROL_PORT": settings.control_port,
        "RECORDINGS": settings.recordings,
        "NAME": settings.name,
        "LOOPBACK": render(template("origin_loopback.conf"), loopback) if wanted else "",
        **_low_latency(settings),
        "PEER_SOURCES": _allow(settings.peer_sources),
        "ADMIN_SOURCES": _allow(settings.admin_sources),
        "DIRECT": _direct(settings, direct_key, signing_key) if settings.direct_listen else "",
    }
    return render(template("origin.nginx.conf"), values)


def _direct(settings: OriginSettings, key: str, signing_key: str) -> str:
    """A second server that passes on to the first: what CloudFront gets is what edges get."""
    _check("direct key", key)
    values = {
        "LISTEN": settings.direct_listen,
        "KEY": key,
        "HTTP_PORT": settings.http_listen.rpartition(":")[2],
        **_signatures(signing_key),
    }
    return render(template("origin_direct.conf"), values)


def _low_latency(settings: OriginSettings) -> dict[str, str]:
    """At an origin with parts: requests for what comes next wait."""
    if not settings.part_ms:
        return {"BLOCKING": "", "PARTS": ""}
    values = {"RUN": settings.run, "NAME": settings.name, "CONTROL_PORT": settings.control_port}
    return {"BLOCKING": _BLOCKING.format("waiting"), "PARTS": render(template("origin_parts.conf"), values)}


def _blocking(settings: EdgeSettings, protection: str) -> dict[str, str]:
    """The same at an edge: its waiting requests have a place of their own, with more patience."""
    if not settings.low_latency:
        return {"BLOCKING": "", "PARTS": ""}
    blocking = _BLOCKING.format("blocking") + _UNREACHABLE
    return {"BLOCKING": blocking, "PARTS": render(template("edge_blocking.conf"), {"PROTECTION": protection})}


def _signatures(key: str) -> dict[str, str]:
    """What a server that asks for signed addresses has more than one that does not."""
    if not key:
        return {"PROTECTION": "", "SIGNED": ""}
    _check("signing key", key)
    protection = "      internal;\n      error_page 404 = @unsigned;"
    return {"PROTECTION": protection, "SIGNED": render(template("edge_signed.conf"), {"KEY": key})}


def _check(what: str, key: str) -> None:
    if not _KEY.match(key):
        raise WeakKeyError(f"{what}: allowed are 16 to 128 letters, digits, _ and -")


def rtmps(settings: OriginSettings) -> str:
    """TLS before the origin's RTMP: another nginx, for `rtmps_listen`."""
    values = {
        "USER": settings.nginx_user,
        "RUN": settings.run,
        "LOG": settings.log,
        "LISTEN": settings.rtmps_listen,
        "CERTIFICATE": settings.certificate_file,
        "INNER_PORT": settings.rtmps_inner_port,
    }
    return render(template("origin_rtmps.nginx.conf"), values)


def edge(settings: EdgeSettings, *, signing_key: str = "") -> str:
    """Raises `WeakKeyError` for a signing key that is not 16 to 128 letters, digits, `_` or `-`."""
    signed = _signatures(signing_key)
    # A location's own error pages take the place of the server's.
    signed["PROTECTION"] += _UNREACHABLE if signing_key else ""
    values = {
        "USER": settings.nginx_user,
        "RUN": settings.run,
        "LOG": settings.log,
        "NAME": settings.name,
        "WORKERS": settings.workers,
        "HTTP_LISTEN": settings.http_listen,
        "ORIGINS": _origins(settings),
        "CACHE_MEGABYTES": settings.cache_megabytes,
        "CONNECT_MS": settings.origin_connect_ms,
        "READ_MS": settings.origin_read_ms,
        "SEGMENT_LOCK_MS": settings.segment_lock_ms,
        "PLAYLIST_KEY": "$uri@$half" if settings.low_latency else "$uri",
        **signed,
        **_blocking(settings, signed["PROTECTION"]),
        "ADMIN_SOURCES": _allow(settings.admin_sources),
    }
    return render(template("edge.nginx.conf"), values)


def _proxied(settings: OriginSettings) -> str:
    wanted = f"    listen 127.0.0.1:{settings.rtmps_inner_port} proxy_protocol;"
    return wanted if settings.rtmps_listen else ""


def _origins(settings: EdgeSettings) -> str:
    lines = [f"    server {settings.primary} max_fails=1 fail_timeout={settings.fail_seconds}s;"]
    lines += [f"    server {settings.backup} backup;"] if settings.backup else []
    return "\n".join(lines)


def _allow(sources: Iterable[str]) -> str:
    return "\n".join([*(f"      allow {source};" for source in sources), "      deny all;"])
