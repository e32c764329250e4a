"""What viewers of a rehearsal see: the page in a browser, and the video that an event has become."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError
from selenium import webdriver

from refarch.local import LocalCloud
from refarch.streaming.data_plane import burnt_clock
from rehearsals.browser import chromium
from rehearsals.immersive_streaming_site import physical
from rehearsals.streaming_processes import get

WEBGL = ("--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist")
SEEN = """
const [video, row] = [document.getElementById('video'), arguments[0]];
if (document.body.dataset.state !== 'playing' || video.currentTime < 0.5) return null;
const canvas = new OffscreenCanvas(video.videoWidth, video.videoHeight), pen = canvas.getContext('2d');
pen.drawImage(video, 0, 0);
const data = pen.getImageData(0, Math.round(row * video.videoHeight), video.videoWidth, 1).data;
return Array.from({length: video.videoWidth}, (_, i) => data[4 * i + 1]);
"""
MESSAGES = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")


def text(url: str) -> str:
    """Empty while nobody answers, or there is no such thing yet."""
    try:
        status, body, _ = get(url)
    except OSError:
        return ""
    return body.decode() if status == 200 else ""


def newest(playlist: str) -> str:
    lines = [line for line in text(playlist).splitlines() if line and not line.startswith("#")]
    return f"{playlist.rpartition('/')[0]}/{lines[-1]}" if lines else ""


@contextmanager
def page(address: str) -> Iterator[webdriver.Chrome]:
    """The page in a browser that draws without a graphics card."""
    with (
        tempfile.TemporaryDirectory(prefix="refarch-profile-") as profile,
        chromium(Path(profile), *WEBGL, "--window-size=960,640") as browser,
    ):
        browser.get(address)
        yield browser


def clock(browser: webdriver.Chrome, width: int, height: int) -> int | None:
    """Milliseconds of the clock burnt into what the video shows now; None while it does not play."""
    row = browser.execute_script(SEEN, burnt_clock.clock_row(width, height) / height)
    return burnt_clock.read(bytes(row)) if row else None


def later_clock(browser: webdriver.Chrome, width: int, height: int, before: int | None) -> bool:
    """Whether the picture has gone on."""
    return clock(browser, width, height) not in (None, before)


def forbidden(browser: webdriver.Chrome) -> list[dict[str, Any]]:
    """What the page's own policy has forbidden, and errors of its scripts."""
    log: list[dict[str, Any]] = browser.get_log("browser")  # type: ignore[no-untyped-call]
    return [each for each in log if each["source"] in ("security", "javascript") and each["level"] == "SEVERE"]


def masters(cloud: LocalCloud) -> list[str]:
    """The videos in the bucket that CloudFront serves."""
    bucket = physical(cloud, "VodEgressBucket")
    found = cloud.client("s3").list_objects_v2(Bucket=bucket).get("Contents", [])
    return [each["Key"] for each in found if each["Key"].endswith("/master.m3u8")]


def waiting(cloud: LocalCloud, queue: str) -> int:
    """Messages of uploads that are not dealt with yet."""
    found = cloud.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=list(MESSAGES))["Attributes"]
    return sum(int(found[name]) for name in MESSAGES)


def seconds_of(address: str) -> float:
    """Length of a video, as a player finds it out."""
    command = ["ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0", address]
    return float(subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout)


def refusal(act: Callable[[], Any]) -> str:
    try:
        act()
    except ClientError as error:
        return str(error)
    return "done"
