"""From a diagram to places on a page, in steps that are functions of their input alone.

columns (which box left of which) → bundles and lanes (how an arrow passes the columns between) → order (few crossings)
→ rows (how high, so that arrows run straight) → page (points).
"""

from refarch.gate.picture.layout.page import lay_out
from refarch.gate.picture.layout.shapes import Box, Frame, Line, Page, Text

__all__ = ["Box", "Frame", "Line", "Page", "Text", "lay_out"]
