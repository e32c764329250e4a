"""The images behind public parameters: what a parameter named, DescribeImages knows. Made up, like their ids."""

from __future__ import annotations

import re
from typing import Any

from refarch.local import adapter, hooks

AMAZON, CANONICAL = ("137112412989", "amazon"), ("099720109477", None)
_named: dict[str, str] = {}  # id → the place of the parameter


def install() -> None:
    """Among the emulator's stand-ins for images; kept over a restart, for instances have been made of them."""
    adapter.replace("images of AWS", Images(adapter.read("images of AWS")))
    view = adapter.read("image as it is described")

    def described(*image: Any) -> Any:
        place = _named.get(image[0])
        return {**view(*image), **({"Architecture": architecture(place)} if place else {})}

    adapter.replace("image as it is described", described)
    hooks.keeps("public images", lambda: dict(_named), _named.update)


def note(image_id: str, place: str) -> None:
    """A parameter named this image."""
    _named[image_id] = place


def architecture(place: str) -> str:
    return "arm64" if re.search(r"arm64|aarch64", place) else "x86_64"


class Images(list[tuple[Any, ...]]):
    """The emulator's own, and those that parameters named so far."""

    def __iter__(self) -> Any:
        yield from super().__iter__()
        for image_id, place in list(_named.items()):
            yield _image(image_id, place)


def _image(image_id: str, place: str) -> tuple[Any, ...]:
    """Id, name, description, platform, root device, owner and the owner's alias."""
    name, windows = place.removeprefix("/aws/service/").replace("/", "-"), "windows" in place.lower()
    owner = CANONICAL if "/canonical/" in place else AMAZON
    root = "/dev/sda1" if windows or owner is CANONICAL else "/dev/xvda"
    return (image_id, name, f"Stands for {place}", "windows" if windows else "", root, *owner)
