"""What the tests see in the browser: the picture's clock, and how far one screenshot lies beside another."""

from __future__ import annotations

import contextlib
import subprocess
from dataclasses import dataclass
from typing import Any

from selenium import webdriver

from refarch.streaming.data_plane import burnt_clock as burnt
from rehearsals.streaming_processes import Site

WEBGL = ("--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist")
SIZE = "--window-size=960,640"
WIDTH, HEIGHT = 96, 48
FOCAL_DEGREES = 80
VOD_SECONDS = 8
PLAYLIST = 6
"""Segments in a list: few, so that an origin that joins has it whole soon."""
ROW = """
const [video, row] = [document.getElementById('video'), arguments[0]];
const canvas = new OffscreenCanvas(video.videoWidth, video.videoHeight), pen = canvas.getContext('2d');
pen.drawImage(video, 0, 0);
const at = Date.now(), data = pen.getImageData(0, Math.round(row * video.videoHeight), video.videoWidth, 1).data;
return [at, Array.from({length: video.videoWidth}, (_, i) => data[4 * i + 1])];
"""
WATCH = """
window.seen = {waiting: 0, reloads: 0};
window.ahead = [];
video.addEventListener('waiting', () => {
  const b = video.buffered, at = video.currentTime;
  const left = Math.max(0, ...[...Array(b.length).keys()].filter(i => b.start(i) <= at + 0.1).map(i => b.end(i) - at));
  window.ahead.push(left);
  if (left < 0.5) window.seen.waiting += 1;
});
video.addEventListener('emptied', () => window.seen.reloads += 1);
"""
"""Counts what the stream did to the player: it had nothing more to play, or began anew.

A player that waits with seconds in its buffer (`ahead` lists them) waits for a processor: pictures are drawn without a
graphics card here, beside other tests.
"""


def state(browser: webdriver.Chrome) -> str:
    return str(browser.execute_script("return document.body.dataset.state"))


def position(browser: webdriver.Chrome) -> float:
    return float(browser.execute_script("return document.getElementById('video').currentTime"))


def plays(browser: webdriver.Chrome) -> bool:
    return state(browser) == "playing" and position(browser) > 0.5


def said(browser: webdriver.Chrome) -> str:
    return str(browser.execute_script("return document.getElementById('status').textContent"))


def burnt_clock(browser: webdriver.Chrome, width: int = 320, height: int = 160) -> tuple[int, int] | None:
    """(the page's wall clock, the clock in the picture), both in milliseconds modulo the clock's period."""
    now, row = browser.execute_script(ROW, burnt.clock_row(width, height) / height)
    shown = burnt.read(bytes(row))
    return None if shown is None else (int(now) % burnt.PERIOD_MS, shown)


@dataclass(frozen=True)
class Picture:
    """A screenshot in grey, small: rows of `WIDTH` values."""

    rows: list[bytes]

    @classmethod
    def taken(cls, browser: webdriver.Chrome) -> Picture:
        """Without the bar below and the message above: the middle of the view."""
        png = browser.get_screenshot_as_png()
        graph = f"crop=iw:ih*0.5:0:ih*0.2,scale={WIDTH}:{HEIGHT}:flags=area"
        command = ["ffmpeg", "-v", "error", "-f", "png_pipe", "-i", "-", "-vf", graph, "-pix_fmt", "gray"]
        done = subprocess.run([*command, "-f", "rawvideo", "-"], input=png, capture_output=True, check=True)
        return cls([done.stdout[i * WIDTH : (i + 1) * WIDTH] for i in range(HEIGHT)])

    def contrast(self) -> int:
        """Between the darkest and the brightest: a black or an empty picture has none."""
        return max(max(row) for row in self.rows) - min(min(row) for row in self.rows)

    def difference(self, other: Picture, right: int = 0) -> float:
        """The mean difference of the middle of this picture from what lies `right` columns further in the other."""
        columns = range(WIDTH // 3, 2 * WIDTH // 3)
        rows = range(HEIGHT // 4, 3 * HEIGHT // 4)
        pairs = [abs(self.rows[y][x] - other.rows[y][x + right]) for y in rows for x in columns]
        return sum(pairs) / len(pairs)

    def shift(self, other: Picture) -> int:
        """How many columns to the right the middle of this picture is found in the other."""
        return min(range(-WIDTH // 3, WIDTH // 3 + 1), key=lambda right: self.difference(other, right))


def yaw(browser: webdriver.Chrome) -> float:
    """Degrees; to the left is positive."""
    script = "return document.getElementById('camera').object3D.rotation.y * 180 / Math.PI"
    return float(browser.execute_script(script))


def violations(browser: webdriver.Chrome) -> list[dict[str, Any]]:
    """What the page's own policy has forbidden, and errors of its scripts."""
    log: list[dict[str, Any]] = browser.get_log("browser")
    return [each for each in log if each["source"] in ("security", "javascript") and each["level"] == "SEVERE"]


def whole(site: Site, who: str) -> bool:
    """Whether an origin serves a list that is whole."""
    with contextlib.suppress(OSError):
        status = site.status(who)
        return bool(status) and status["serving"] and status["listed"] >= PLAYLIST
    return False
