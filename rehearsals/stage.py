"""The stage of a rehearsal: a local cloud of its own, with permissions that bite, gone afterwards."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from refarch.local import LocalCloud
from rehearsals.account import Account

CHECKOUT = Path(__file__).resolve().parent.parent
# Which programs stand in for the images of jobs and tasks.
IMAGES = "refarch.images.toml"
Rehearsal = Callable[[LocalCloud, Account], None]


def cdk(cloud: LocalCloud, *arguments: str) -> None:
    """The real CDK command line, with an output folder of its own: rehearsals may run side by side."""
    cloud.cdk(*arguments, "--output", str(cloud.folder.path / "cdk.out"))


def on_stage(
    stack: str,
    rehearsal: Rehearsal,
    *,
    keep: bool = False,
    account: Account | None = None,
    clock_factor: float = 1.0,
) -> Account:
    """Run a rehearsal. The account says what was seen. Raises what the rehearsal raises.

    `clock_factor`: how many times faster than the clock the cloud's own seconds pass (notices, drains, health checks).
    The cloud's data lie in a temporary folder, so a rehearsal neither sees nor disturbs the project's own local cloud.
    """
    account = account or Account()
    account.title(f"Rehearsal of {stack}")
    folder = Path(tempfile.mkdtemp(prefix="refarch-rehearsal-"))
    shutil.copy(CHECKOUT / IMAGES, folder / IMAGES)
    cloud = LocalCloud.start(directory=folder, enforce_permissions=True, async_slots=4, clock_factor=clock_factor)
    cloud.directory = CHECKOUT
    try:
        rehearsal(cloud, account)
    finally:
        if keep:
            account.say(f"the local cloud keeps running: {cloud.endpoint_url}, its data in {folder}")
        else:
            cloud.stop()
            shutil.rmtree(folder, ignore_errors=True)
    return account
