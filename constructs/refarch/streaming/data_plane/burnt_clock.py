"""The test picture: bars, a grid, four directions, a time code, the time of day, a clock that programs read back."""

from __future__ import annotations

BITS = 20
TICK_MS = 10
PERIOD_MS = TICK_MS << BITS
"""The burnt clock wraps after 2.9 hours."""
DIRECTIONS = {"BACK": (0, 8), "LEFT": (2,), "FRONT": (4,), "RIGHT": (6,)}
"""Each word → eighths of the width of an equirectangular picture; what lies behind is at both ends."""
_CELLS = 24


def graph(*, width: int, height: int, fps: int, font: str, burnt_clock: bool) -> str:
    """The lavfi graph that draws the picture."""
    small, large = max(height // 10, 8), max(height // 8, 8)
    steps = [f"smptehdbars=size={width}x{height}:rate={fps}", "format=yuv420p"]
    # The burnt clock needs the time of day as the frame's own time, while it is drawn.
    steps += ["settb=1/1000,setpts=RTCTIME/1000"] if burnt_clock else []
    steps.append(f"drawgrid=w={width // 8}:h={height // 4}:t=1:c=white@0.35")
    for word, eighths in DIRECTIONS.items():
        for each in eighths:
            steps.append(_text(font, small, f"text={word}", f"{width}*{each}/8-text_w/2", f"{height}/2-text_h/2"))
    steps += _clock(width, height) if burnt_clock else []
    steps.append(f"setpts=N/({fps}*TB)")
    steps.append(_text(font, large, rf"timecode=00\\:00\\:00\\:00:r={fps}", "(w-text_w)/2", f"{height}/6"))
    steps.append(_text(font, small, "text=%{localtime}", "(w-text_w)/2", f"{height}*0.68"))
    return ",".join(steps)


def read(row: bytes) -> int | None:
    """The milliseconds (modulo `PERIOD_MS`) in a row of luma from the middle of the clock; None where there is none."""
    box = len(row) // _CELLS
    levels = [row[i * box + box // 2] for i in range(BITS + 2)] if box else []
    if not levels or levels[0] < 128 or levels[1] >= 128:
        return None
    return sum(TICK_MS << k for k in range(BITS) if levels[k + 2] >= 128)


def clock_row(width: int, height: int) -> int:
    """The row of pixels to give to `read`."""
    return height - width // _CELLS // 2


def _clock(width: int, height: int) -> list[str]:
    """A white box, a black one, then the bits, the least significant first."""
    box = width // _CELLS
    top = height - box
    steps = [f"drawbox=x=0:y={top}:w={w}:h={box}:c={c}:t=fill" for w, c in ((width, "black"), (box, "white"))]
    for k in range(BITS):
        lit = rf"mod(floor(t*{1000 // TICK_MS}/pow(2\,{k}))\,2)"
        steps.append(f"drawbox=x={(k + 2) * box}:y={top}:w={box}:h={box}:c=white:t=fill:enable={lit}")
    return steps


def _text(font: str, size: int, what: str, x: str, y: str) -> str:
    look = f"fontfile={font}:fontsize={size}:fontcolor=white:box=1:boxcolor=black@0.7"
    return f"drawtext={look}:{what}:x={x}:y={y}"
