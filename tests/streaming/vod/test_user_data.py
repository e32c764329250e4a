"""The script that every worker boots with, run for real: from the asset in S3 to a worker that makes a video.

Only its folders are moved below a temporary one, and the two programs that would change this machine (apt-get and
systemctl) are told to write down what they were asked.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from aws_cdk import App, Stack

from refarch.streaming import debian, vod_program
from refarch.streaming.vod import names
from rehearsals.vod_processes import VodSite, Worker, until

FOLDERS = ("/opt/refarch", "/etc/refarch-vod", "/etc/refarch-streaming", "/run/refarch-vod.zip", "/etc/systemd")
PYTHON = f'#!/bin/sh\nexec {sys.executable} "$@"\n'


def asset_in_s3(site: VodSite, folder: Path) -> str:
    """The asset as `cdk deploy` would upload it."""
    app = App(outdir=str(folder / "cdk.out"))
    stack = Stack(app, "Test")
    made = vod_program.program(stack, "Program")
    app.synth()
    archive = shutil.make_archive(str(folder / "asset"), "zip", folder / "cdk.out" / f"asset.{made.asset_hash}")
    site.s3.upload_file(archive, site.egress, "asset.zip")
    return "asset.zip"


def shims(folder: Path, *, apt_fails: int = 0) -> str:
    """A search path whose first folder has the two programs; apt-get fails as often as asked."""
    folder.mkdir()
    note = f'#!/bin/sh\necho "$(basename "$0") $*" >> {folder}/said\n'
    failing = f'test "$(grep -c " update" {folder}/said)" -gt {apt_fails}\n'
    programs = {"apt-get": note + failing, "systemctl": note, "shutdown": note, "sleep": note, "python3": PYTHON}
    for name, text in programs.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    return f"{folder}:{os.environ['PATH']}"


def boot(site: VodSite, root: Path, key: str, *, apt_fails: int = 0) -> tuple[int, list[str]]:
    """Run the script; its exit code, and what it asked of the system."""
    settings = {
        "queue_url": site.queue,
        "egress_bucket": site.egress,
        "metadata": "",
        "preset": "ultrafast",
        "work": str(root / "work"),
        "wait_seconds": 1,
    }
    script = vod_program.SCRIPT.format(
        install=debian.install(vod_program.PACKAGES),
        region="us-east-1",
        bucket=site.egress,
        key=key,
        settings=json.dumps(settings),
        logs=json.dumps({"group": "logs", "prefix": "worker"}),
    )
    for folder in FOLDERS:
        script = script.replace(folder, f"{root}{folder}")
    for folder in ("etc/systemd/system", "run"):
        (root / folder).mkdir(parents=True)
    path = shims(root / "shims", apt_fails=apt_fails)
    done = subprocess.run(["bash", "-c", script], env=site.cloud.environment | {"PATH": path}, check=False)
    return done.returncode, (root / "shims" / "said").read_text().splitlines()


def test_an_instance_boots_into_a_worker_that_makes_videos(site: VodSite, short_film: Path, tmp_path: Path) -> None:
    root = tmp_path / "root"
    code, said = boot(site, root, asset_in_s3(site, tmp_path), apt_fails=2)
    assert code == 0
    assert said[-1] == "systemctl enable --now refarch-vod-worker.service"
    [installed] = [each for each in said if " install " in each]
    exact = [f"{name}={debian.pins().versions[name]}" for name in ("ffmpeg", "python3-boto3")]
    assert installed.split()[-2:] == exact
    assert (root / "etc/refarch-streaming/debian.list").read_text() == debian.sources(debian.pins().snapshot)
    unit = (root / "etc/systemd/system/refarch-vod-worker.service").read_text()
    [start] = [line for line in unit.splitlines() if line.startswith("ExecStart=")]
    command = [each.replace("/etc/", f"{root}/etc/") for each in start.removeprefix("ExecStart=").split()]
    assert (root / "etc/refarch-vod/environment").read_text() == "AWS_DEFAULT_REGION=us-east-1\n"
    log = tmp_path / "log"
    environment = site.cloud.environment | {"PYTHONPATH": f"{root}/opt/refarch"}
    with log.open("wb") as out:
        process = subprocess.Popen([sys.executable, *command[1:]], env=environment, stdout=out, stderr=out, cwd="/")
    site.workers.append(Worker(process, log))
    site.put("talk.mp4", short_film)
    until(lambda: site.masters() == [names.master_key("talk")], "the video is there")


def test_an_instance_that_cannot_be_set_up_goes(site: VodSite, tmp_path: Path) -> None:
    code, said = boot(site, tmp_path / "root", "no-such-asset.zip")
    assert code != 0
    assert said[-1] == "shutdown -h now"
    assert not any("enable" in each for each in said)
