"""What each role runs, and what must be there before it does."""

from __future__ import annotations

import dataclasses
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from refarch.streaming.data_plane import burnt_clock, ffmpeg_commands, nginx_files
from refarch.streaming.data_plane.origin import recordings
from refarch.streaming.data_plane.origin.keys import make_local
from refarch.streaming.data_plane.settings import EdgeSettings, OriginSettings, Settings, TestSourceSettings, load
from refarch.streaming.data_plane.supervisor import Program

NGINX = "/usr/sbin/nginx"
ROLES: dict[str, type[OriginSettings] | type[EdgeSettings] | type[TestSourceSettings]] = {
    kind.role: kind for kind in (OriginSettings, EdgeSettings, TestSourceSettings)
}


def prepare(role: str, file: Path) -> list[Program]:
    """Make the role's folders, write its configuration, check it, and say what to run.

    Raises `InvalidSettingsError`, `WeakKeyError`, or `subprocess.CalledProcessError` where nginx refuses the result.
    """
    settings: Settings = load(ROLES[role], file)  # type: ignore[type-var]
    match settings:
        case OriginSettings():
            return [*_origin(settings, file), *_ingest(settings, file)]
        case EdgeSettings():
            return _edge(settings)
        case TestSourceSettings():
            return _test_source(settings)


def renew(role: str, file: Path) -> list[Program]:
    """Those programs that read secrets when they start, after a secret has changed; their configuration is new.

    nginx with RTMP is none of them: at a reload it would lose sight of its publishers. Raises as `prepare` does.
    """
    settings: Settings = load(ROLES[role], file)  # type: ignore[type-var]
    match settings:
        case OriginSettings():
            return [_rtmps(settings)] if settings.rtmps_listen else []
        case EdgeSettings():
            return _edge(settings)
        case TestSourceSettings():
            return _test_source(settings)


def _origin(settings: OriginSettings, file: Path) -> list[Program]:
    run = Path(settings.run)
    for name in ("www", "lease", "packager"):  # of an earlier life; recordings are kept
        shutil.rmtree(run / name, ignore_errors=True)
    _folders(settings, run / "tmp", run / "www", run / "lease", run / "packager", Path(settings.recordings))
    recordings.sweep(Path(settings.recordings), settings.name)
    control = (sys.executable, "-m", "refarch.streaming.data_plane.origin.control", str(file))
    keys = {"direct_key": _line(settings.direct_key_file), "signing_key": _line(settings.signing_key_file)}
    text = nginx_files.origin(settings, **keys)
    # The control program first: nginx asks it at every publish.
    return [Program("control", control), _nginx(run / "origin.nginx.conf", text)]


def _ingest(settings: OriginSettings, file: Path) -> list[Program]:
    """Encrypted ingest in processes of its own: what goes wrong there leaves plain RTMP, and who publishes, alone."""
    found = [_rtmps(settings)] if settings.rtmps_listen else []
    if settings.srt_listen:
        make_local(settings.run)
        command = (sys.executable, "-m", "refarch.streaming.data_plane.origin.srt", str(file))
        found.append(Program("srt", command))
    return found


def _rtmps(settings: OriginSettings) -> Program:
    made = _nginx(Path(settings.run, "rtmps.nginx.conf"), nginx_files.rtmps(settings))
    return dataclasses.replace(made, name="rtmps", reload=signal.SIGHUP)


def _edge(settings: EdgeSettings) -> list[Program]:
    run = Path(settings.run)
    _folders(settings, run / "tmp", run / "cache")
    text = nginx_files.edge(settings, signing_key=_line(settings.signing_key_file))
    return [dataclasses.replace(_nginx(run / "edge.nginx.conf", text), reload=signal.SIGHUP)]


def _test_source(settings: TestSourceSettings) -> list[Program]:
    _folders(settings)
    picture = burnt_clock.graph(
        width=settings.width,
        height=settings.height,
        fps=settings.fps,
        font=settings.font,
        burnt_clock=settings.burnt_clock,
    )
    command = ffmpeg_commands.test_source(
        Path(settings.urls_file).read_text().split(),
        fps=settings.fps,
        kilobits=settings.kilobits,
        keyframe_seconds=settings.keyframe_seconds,
        preset=settings.preset,
        picture=picture,
    )
    return [Program("encoder", tuple(command))]


def _line(file: str) -> str:
    return Path(file).read_text().strip() if file else ""


def _nginx(file: Path, text: str) -> Program:
    part = file.with_suffix(".part")  # what nginx refuses must not be there when it is started again
    part.touch(mode=0o600)
    part.write_text(text)
    subprocess.run([NGINX, "-t", "-q", "-c", str(part)], check=True)
    part.replace(file)
    # QUIT lets open downloads end.
    return Program("nginx", (NGINX, "-c", str(file)), stop=signal.SIGQUIT, grace=10.0)


def _folders(settings: Settings, *folders: Path) -> None:
    """The working folders. nginx's workers, which are not root, write into those below `run` and to the recordings."""
    Path(settings.log).mkdir(parents=True, exist_ok=True)
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
        user = getattr(settings, "nginx_user", "")
        if user and user != "root" and Path("/proc/self").owner() == "root":
            shutil.chown(folder, user)
