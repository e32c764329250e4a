"""A job's timeline as one HTML file: every task a bar, for finding out where the time went and for showing it."""

from __future__ import annotations

from refarch.mapreduce.timeline.model import Timeline, timeline_of_folder, timeline_of_report
from refarch.mapreduce.timeline.page import render

__all__ = ["Timeline", "render", "timeline_of_folder", "timeline_of_report"]
