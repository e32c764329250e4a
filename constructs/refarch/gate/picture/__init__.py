"""An architecture picture from a template: what runs where, and what flows. SVG and Mermaid."""

from refarch.gate.picture.draw import Picture, draw

__all__ = ["Picture", "draw"]
