"""The picture of each stack in docs/images/architectures, in step with its template; `make docs` draws them anew."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from refarch.gate.picture import draw
from refarch.gate.picture.layout import lay_out
from refarch.gate.picture.read import read
from refarch.gate.templates import Template
from stacks.catalogue import CATALOGUE

ROOT = Path(__file__).resolve().parents[2]
IMAGES = ROOT / "docs" / "images" / "architectures"


def test_the_picture_in_the_docs_is_that_of_the_template(synthesized: Any, request: pytest.FixtureRequest) -> None:
    if "." in synthesized.name:
        pytest.skip("the docs show the default")
    path = IMAGES / f"{synthesized.name}.svg"
    drawn = draw(Template(synthesized.name, synthesized.template), title=synthesized.stack).svg
    if request.config.getoption("update_snapshots", False):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(drawn, encoding="utf-8")
    assert path.exists(), f"{path.name} is not drawn yet: make docs"
    assert path.read_text(encoding="utf-8") == drawn, f"{path.name} shows another template: make docs, and look at it"


def test_nothing_lies_on_anything_else(synthesized: Any) -> None:
    page = lay_out(read(synthesized.template, synthesized.name))
    areas = [(each.x, each.y, each.x + each.width, each.y + each.height) for each in page.boxes]
    areas += [each.area for each in page.texts]
    touching = [
        (one, other)
        for one, other in itertools.combinations(areas, 2)
        if one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
    ]
    assert touching == []


@pytest.mark.parametrize("module", [each.module for each in CATALOGUE])
def test_the_page_of_a_stack_begins_with_its_picture(module: str) -> None:
    page, image = ROOT / "docs" / "architectures" / f"{module}.md", IMAGES / f"{module}.svg"
    if not page.exists() or not image.exists():
        pytest.skip("no page or no picture yet")
    beginning = page.read_text(encoding="utf-8").split("\n## ")[0]
    assert f"](../images/architectures/{module}.svg)" in beginning


@pytest.mark.parametrize("path", sorted(IMAGES.glob("*.svg")), ids=lambda path: path.stem)
def test_each_picture_is_of_a_stack_and_whole(path: Path) -> None:
    assert path.stem in {each.module for each in CATALOGUE}
    root = ElementTree.fromstring(path.read_text(encoding="utf-8"))
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
