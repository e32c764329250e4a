"""One set of findings in every form: a table for people, Markdown for a pull request, JSON, SARIF and JUnit."""

from refarch.gate.reports.formats import FORMATS, Report, render

__all__ = ["FORMATS", "Report", "render"]
