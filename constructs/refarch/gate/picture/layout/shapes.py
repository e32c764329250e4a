"""What is on a page: boxes, frames, lines and texts in their places, in pixels."""

from __future__ import annotations

from dataclasses import dataclass, field

from refarch.gate.picture.layout.sizes import LABEL_SIZE, width_of
from refarch.gate.picture.model import Cluster, Node, Strength


@dataclass(frozen=True)
class Box:
    """A box in its place."""

    node: Node
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Frame:
    """A frame in its place."""

    cluster: Cluster
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Line:
    """A part of an arrow: straight to `bend[0]`, curved to `bend[1]`, straight on. `head` where it arrives, and how."""

    start: tuple[float, float]
    bend: tuple[float, float]
    end: tuple[float, float]
    strength: Strength
    head: int = 0
    """0 none, 1 at the end, -1 at the start."""


@dataclass(frozen=True)
class Text:
    """A label of an arrow; y is the base line."""

    x: float
    y: float
    anchor: str
    text: str
    full: str
    strength: Strength

    @property
    def area(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom."""
        width = width_of(self.text, LABEL_SIZE)
        left = self.x if self.anchor == "start" else self.x - width
        return left, self.y - LABEL_SIZE, left + width, self.y + 2.5


@dataclass
class Page:
    """Everything with its place; top left is anywhere."""

    boxes: list[Box] = field(default_factory=list)
    frames: list[Frame] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)
