"""For other programs. `version` moves when a key changes its meaning or goes away."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from refarch.gate.findings import Finding
from refarch.gate.reports.formats import Report

VERSION = 1


def text(report: Report) -> str:
    """All findings with their state, and the details of the check."""
    failed = report.failed
    content: dict[str, Any] = {
        "version": VERSION,
        "title": report.title,
        "failed": bool(report.failing),
        "summary": report.summary,
        "findings": [
            *({**_plain(each), "state": "failing" if each in failed else "open"} for each in report.outcome.open),
            *(
                {**_plain(each), "state": "acknowledged", "acknowledgement": {**asdict(by), "expires": str(by.expires)}}
                for each, by in report.outcome.acknowledged
            ),
            *({**_plain(each), "state": "open"} for each in report.outcome.about_the_list),
        ],
        "notes": list(report.notes),
        **report.details,
    }
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def _plain(finding: Finding) -> dict[str, Any]:
    return {key: value for key, value in asdict(finding).items() if value not in ("", ())}
