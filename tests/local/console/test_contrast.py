"""Every text of the page can be read in both themes: at least 4.5 to 1, as WCAG asks of small text."""

from __future__ import annotations

import re

import pytest

from refarch.local.console import pages

STYLE = (pages.FOLDER / "style.css").read_text()
PAIRS = [
    (text, ground) for text in ("ink", "quiet", "accent", "bad", "good") for ground in ("paper", "ground", "hover")
]
PAIRS += [(kind, f"{kind}-ground") for kind in ("good", "bad", "busy", "plain", "info")]
PAIRS += [("accent-ink", "accent")]


def themes() -> list[dict[str, str]]:
    """The colours of each block that sets them: light, dark by the system, dark by choice."""
    blocks = [block for block in re.findall(r":root[^{]*\{([^}]*)\}", STYLE) if "--ground" in block]
    return [dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", block)) for block in blocks]


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_dark_is_the_same_by_choice_and_by_system() -> None:
    light, by_system, by_choice = themes()
    assert by_system == by_choice != light


@pytest.mark.parametrize(("text", "ground"), PAIRS)
def test_text_stands_out(text: str, ground: str) -> None:
    assert [contrast(theme[text], theme[ground]) >= 4.5 for theme in themes()] == [True] * 3
