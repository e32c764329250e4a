"""Sizes in pixels, and how wide a text is at most."""

from __future__ import annotations

BOX_WIDTH = 178.0
LEAST_BOX = 112.0
BOX_HEIGHT = 54.0
TITLE_LINE = 15.0
"""What a second line of a title adds."""
TEXT_LEFT = 44.0
TITLE_ROOM = 128.0
LANE_HEIGHT = 6.0
GAP = 22.0
PORT = 18.0
"""Between two arrows at one side of a box: a line of text fits."""
PADDING = 16.0
HEADER = 26.0
"""Above the boxes of a frame: its title."""
MARGIN = 20.0
CURVE = 34.0
"""Least width in which arrows turn between two columns."""
TITLE_SIZE, SMALL_SIZE, LABEL_SIZE = 13.0, 11.0, 11.5
"""As in the style of the SVG."""
LONGEST_LABEL = 26
# Widths of DejaVu Sans, the widest of the usual fonts for pages, in thousandths of the size, rounded up.
_NARROW = {**dict.fromkeys("ijl'|", 320), **dict.fromkeys(" .,:;!I", 410), **dict.fromkeys('frt()[]/-"', 450)}
_WIDE = {**dict.fromkeys("mwMWQO@%", 1010), **dict.fromkeys("ABCDGHKNRUVXYZ<>=+×…", 850)}
_USUAL = 645
_OTHERS = 1050


def width_of(text: str, size: float, *, bold: bool = False) -> float:
    """Pixels that a text takes at most in any usual font."""
    total = sum(_NARROW.get(each) or _WIDE.get(each) or (_USUAL if each.isascii() else _OTHERS) for each in text)
    return total * size / 1000 * (1.12 if bold else 1.0)


def shortened(text: str, size: float, width: float, *, bold: bool = False) -> str:
    """The text, cut with an ellipsis where it would be wider."""
    if width_of(text, size, bold=bold) <= width:
        return text
    while text and width_of(text + "…", size, bold=bold) > width:
        text = text[:-1]
    return text.rstrip() + "…"


def title_lines(title: str) -> tuple[str, ...]:
    """A title in one line or two; what does not fit even then is cut."""
    if width_of(title, TITLE_SIZE, bold=True) <= TITLE_ROOM:
        return (title,)
    words, first = title.split(" "), ""
    while words and width_of(f"{first} {words[0]}".strip(), TITLE_SIZE, bold=True) <= TITLE_ROOM:
        first = f"{first} {words.pop(0)}".strip()
    if not first or not words:
        return (shortened(title, TITLE_SIZE, TITLE_ROOM, bold=True),)
    return first, shortened(" ".join(words), TITLE_SIZE, TITLE_ROOM, bold=True)


def label_text(label: str) -> str:
    """A label as it is drawn."""
    return label if len(label) <= LONGEST_LABEL else label[: LONGEST_LABEL - 1].rstrip() + "…"
