"""What a source says of an object: which properties it has, and which of them are required."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Shape:
    """`properties` is `None` where a source leaves it open (a map, a policy document, several forms)."""

    properties: Mapping[str, Callable[[], Shape]] | None = None
    required: frozenset[str] = field(default=frozenset())

    def knows(self, name: str) -> bool | None:
        """Whether there is such a property; `None`: no opinion."""
        return None if self.properties is None else name in self.properties

    def requires(self, name: str) -> bool | None:
        return None if self.properties is None else name in self.required

    def below(self, name: str) -> Shape:
        """The shape of a property; open where nothing is known of it."""
        return self.properties[name]() if self.properties is not None and name in self.properties else OPEN


OPEN = Shape()


def disagree(opinions: Mapping[str, bool | None]) -> bool:
    """Whether two sources that have an opinion have different ones."""
    return len({each for each in opinions.values() if each is not None}) > 1


def words(opinions: Mapping[str, bool | None], yes: str, no: str) -> Iterator[str]:
    """The opinions, one source each."""
    for source, each in opinions.items():
        yield f"{source}: {'no opinion' if each is None else yes if each else no}"
