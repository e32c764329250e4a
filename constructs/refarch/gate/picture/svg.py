"""A page as SVG: one file with nothing from outside, in the colours that the reader's device prefers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from xml.sax.saxutils import escape

from refarch.gate.picture.icons import COLOURS, ICONS
from refarch.gate.picture.layout.shapes import Box, Frame, Line, Page, Text
from refarch.gate.picture.layout.sizes import (
    HEADER,
    MARGIN,
    SMALL_SIZE,
    TEXT_LEFT,
    TITLE_LINE,
    TITLE_ROOM,
    shortened,
    title_lines,
    width_of,
)
from refarch.gate.picture.model import Strength

_STYLE = """
svg{--paper:#ffffff;--ink:#1b2430;--soft:#5a6675;--line:#5f6d7e;--side:#97a1ad;--box:#ffffff;--edge:#cfd6de;
--vpc:#f5f3fc;--vpc-edge:#8466c9;--public:#e9f5e6;--public-edge:#6aa84f;--private:#e7f0fb;--private-edge:#5b8fc9;
--isolated:#eef0f3;--isolated-edge:#8a96a3;font-family:-apple-system,"Segoe UI",Roboto,Helvetica,Arial,sans-serif}
@media (prefers-color-scheme:dark){svg{--paper:#12171e;--ink:#e8edf3;--soft:#a3afbd;--line:#97a5b5;--side:#6d7a89;
--box:#1d252f;--edge:#3b4756;--vpc:#1a1829;--vpc-edge:#8f79cf;--public:#16261a;--public-edge:#5f9a4b;--private:#152334;
--private-edge:#4f82bb;--isolated:#1d2229;--isolated-edge:#737f8d}}
.t{font-size:13px;font-weight:600;fill:var(--ink)}.s{font-size:11px;fill:var(--soft)}
.h{font-size:17px;font-weight:600;fill:var(--ink)}.f{font-size:11.5px;font-weight:600}
.l{font-size:11.5px;fill:var(--ink)}.q{fill:var(--soft)}
.a{fill:none;stroke:var(--line);stroke-width:1.5}.d{stroke:var(--side);stroke-dasharray:5 4}
.p{fill:var(--line)}.pd{fill:var(--side)}
.b{fill:var(--box);stroke:var(--edge)}.i{fill:none;stroke:#fff;stroke-width:1.9;stroke-linecap:round;stroke-linejoin:round}
"""
_TITLE_HEIGHT = 34.0
_CAPTION_LINE = 16.0
_LEAST_WIDTH = 420.0
_BADGE = 26.0


def render(page: Page, title: str, caption: str, description: str) -> str:
    """The whole file. `caption` is put below the picture."""
    left, top, right, bottom = _bounds(page)
    top -= _TITLE_HEIGHT
    right = max(right, left + width_of(title, 17, bold=True), left + _LEAST_WIDTH)
    lines = enumerate(wrapped(caption, right - left))
    captions = [(line, bottom + MARGIN + 6 + _CAPTION_LINE * index) for index, line in lines]
    bottom = max([bottom, *(y + 4 for _, y in captions)])
    x, y = left - MARGIN, top - MARGIN
    width, height = right - left + 2 * MARGIN, bottom - top + 2 * MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{_n(x)} {_n(y)} {_n(width)} {_n(height)}" '
        f'width="{_n(width)}" height="{_n(height)}" role="img">',
        f"<title>{_text(title)}</title><desc>{_text(description)}</desc><style>{_STYLE}</style>",
        f'<rect x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" height="{_n(height)}" rx="10" fill="var(--paper)"/>',
        f'<text class="h" x="{_n(left)}" y="{_n(top + 14)}">{_text(title)}</text>',
        *_body(page),
        *(f'<text class="s" x="{_n(left)}" y="{_n(at)}">{_text(line)}</text>' for line, at in captions),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _body(page: Page) -> Iterator[str]:
    yield from (_frame(each) for each in page.frames)
    yield from (_path(each) for each in sorted(page.lines, key=lambda line: -line.strength))
    yield from (_box(each) for each in page.boxes)
    yield from (_head(each) for each in page.lines if each.head)
    yield from (_label(each) for each in page.texts)


def _bounds(page: Page) -> tuple[float, float, float, float]:
    areas = [(each.x, each.y, each.x + each.width + 6, each.y + each.height + 6) for each in page.boxes]
    areas += [(each.x, each.y, each.x + each.width, each.y + each.height) for each in page.frames]
    areas += [each.area for each in page.texts]
    areas += [(x, y, x, y) for each in page.lines for x, y in (each.start, each.end)]
    if not areas:
        return 0.0, 0.0, 240.0, 20.0
    lefts, tops, rights, bottoms = zip(*areas, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def _frame(each: Frame) -> str:
    tone = each.cluster.tone
    dash = ' stroke-dasharray="6 4"' if tone == "vpc" else ""
    words = _text(shortened(each.cluster.title, 11.5, each.width - 24, bold=True))
    left, line = _n(each.x + 12), _n(each.y + HEADER - 7)
    return (
        f'<rect x="{_n(each.x)}" y="{_n(each.y)}" width="{_n(each.width)}" height="{_n(each.height)}" rx="8" '
        f'fill="var(--{tone})" stroke="var(--{tone}-edge)"{dash}/>'
        f'<text class="f" x="{left}" y="{line}" fill="var(--{tone}-edge)">{words}</text>'
    )


def _path(each: Line) -> str:
    (x1, y1), (x2, y2), (b1, b2) = each.start, each.end, each.bend
    turn = (b2 - b1) * 0.5
    straight = abs(y1 - y2) < 0.05
    middle = "" if straight else f"H{_n(b1)}C{_n(b1 + turn)} {_n(y1)} {_n(b2 - turn)} {_n(y2)} {_n(b2)} {_n(y2)}"
    css = "a d" if each.strength is Strength.SIDE else "a"
    return f'<path class="{css}" d="M{_n(x1)} {_n(y1)}{middle}H{_n(x2)}"/>'


def _head(each: Line) -> str:
    (x, y), back = (each.end, -9.0) if each.head > 0 else (each.start, 9.0)
    css = "pd" if each.strength is Strength.SIDE else "p"
    return f'<path class="{css}" d="M{_n(x)} {_n(y)}l{_n(back)} -4v8z"/>'


def _box(each: Box) -> str:
    node, x, y = each.node, each.x, each.y
    shifts = (5.0, 2.5, 0.0) if node.count > 1 else (0.0,)
    cards = "".join(_card(x + shift, y + shift, each) for shift in shifts)
    middle = y + each.height / 2
    lines = [("t", line) for line in title_lines(node.title)]
    lines += [("s", shortened(node.subtitle, SMALL_SIZE, TITLE_ROOM))] if node.subtitle else []
    first = middle - TITLE_LINE * len(lines) / 2 + 11.5
    texts = "".join(
        f'<text class="{css}" x="{_n(x + TEXT_LEFT)}" y="{_n(first + TITLE_LINE * index)}">{_text(line)}</text>'
        for index, (css, line) in enumerate(lines)
    )
    return f"<g><title>{_text(_full(each))}</title>{cards}{_icon(each, middle)}{texts}</g>"


def _full(each: Box) -> str:
    names = ", ".join(each.node.members[:20])
    more = f" and {len(each.node.members) - 20} more" if len(each.node.members) > 20 else ""
    return f"{each.node.title}: {each.node.subtitle} ({names}{more})" if names else each.node.title


def _card(x: float, y: float, box: Box) -> str:
    return f'<rect class="b" x="{_n(x)}" y="{_n(y)}" width="{_n(box.width)}" height="{_n(box.height)}" rx="7"/>'


def _icon(each: Box, middle: float) -> str:
    x, y = each.x + 9, middle - _BADGE / 2
    colour = COLOURS[each.node.colour]
    return (
        f'<rect x="{_n(x)}" y="{_n(y)}" width="26" height="26" rx="6" fill="{colour}"/>'
        f'<path class="i" transform="translate({_n(x + 4)} {_n(y + 4)}) scale(.75)" d="{ICONS[each.node.icon]}"/>'
    )


def _label(each: Text) -> str:
    css = "l q" if each.strength is Strength.SIDE else "l"
    full = f"<title>{_text(each.full)}</title>" if each.full != each.text else ""
    return (
        f'<text class="{css}" x="{_n(each.x)}" y="{_n(each.y)}" text-anchor="{each.anchor}">'
        f"{full}{_text(each.text)}</text>"
    )


def wrapped(text: str, width: float) -> Iterable[str]:
    """Words of a caption in lines of a width."""
    line = ""
    for word in text.split():
        longer = f"{line} {word}".strip()
        if line and width_of(longer, SMALL_SIZE) > width:
            yield line
            line = word
        else:
            line = longer
    if line:
        yield line


def _n(value: float) -> str:
    """A number as short as it may be; never -0."""
    return f"{round(value, 1) + 0:g}" if abs(value) < 1e6 else f"{round(value)}"


def _text(value: str) -> str:
    """Text that XML can hold."""
    return escape("".join(each if each.isprintable() else " " for each in value))
