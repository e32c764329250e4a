"""What the suite declares: each test is one behaviour, with a title, what was observed, and whether it holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest


@dataclass(frozen=True)
class Behaviour:
    """One row of the table. `fails` is why the local cloud does not do it; None when it does."""

    name: str
    group: str
    title: str
    observed: str
    place: tuple[str, int]  # file and line of the test
    fails: str | None = None


BEHAVIOURS: dict[str, Behaviour] = {}


def behaviour(group: str, *, fails: str | None = None) -> Callable[[Any], Any]:
    """Declare a test as a behaviour: the first line of its docstring is the title, the others are what it observes.

    With `fails` the test must fail: it is a failure of the suite when it starts to pass, so that the table is true.
    """

    def declare(test: Any) -> Any:
        title, _, rest = (test.__doc__ or "").strip().partition("\n")
        name = test.__name__.removeprefix("test_").replace("_", "-")
        if not title or not rest.strip() or name in BEHAVIOURS:
            raise ValueError(f"{name}: needs a title and what it observes as its docstring, and a name of its own")
        place = (Path(test.__code__.co_filename).name, test.__code__.co_firstlineno)
        BEHAVIOURS[name] = Behaviour(name, group, title.rstrip("."), " ".join(rest.split()), place, fails)
        test = pytest.mark.rehearsal(test)
        return pytest.mark.xfail(reason=fails, strict=True)(test) if fails else test

    return declare
