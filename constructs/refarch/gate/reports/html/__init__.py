"""A page for people: one file, works offline and without scripts, in light and dark, by keyboard and by ear."""

from refarch.gate.reports.html.page import text

__all__ = ["text"]
