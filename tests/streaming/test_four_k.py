"""The default ladder of a 4K sphere, for real. It takes minutes of both processors, so it runs when it is asked for:
`REFARCH_FOUR_K=1 pytest tests/streaming/test_four_k.py`."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from refarch.streaming.data_plane import processors
from refarch.streaming.data_plane.ladder import plan
from refarch.streaming.data_plane.settings import OriginSettings
from rehearsals import streaming_ladder

pytestmark = [
    pytest.mark.rehearsal,
    pytest.mark.skipif(not os.environ.get("REFARCH_FOUR_K"), reason="runs where REFARCH_FOUR_K is set: too heavy"),
]
LADDER = ["3840x1920", "1920x960", "960x480", "480x240"]


@pytest.fixture(scope="module")
def sphere(tmp_path_factory: pytest.TempPathFactory, programs: None) -> Path:
    return streaming_ladder.film(tmp_path_factory.mktemp("film") / "sphere.flv")


def test_the_figures_are_of_this_order(sphere: Path) -> None:
    """Machines differ, by far less than presets do."""
    found = streaming_ladder.measure(sphere)
    known = {"decode": processors.DECODE_MS, "scale": processors.SCALE_MS, **processors.ENCODE_MS}
    here = {"decode": found.decode, "scale": found.scale, **found.encode}
    assert {name: here[name] for name in known if not known[name] / 3 < here[name] < known[name] * 3} == {}


def test_an_origin_makes_the_posts_ladder_and_says_when_it_is_too_small(sphere: Path, tmp_path: Path) -> None:
    run = streaming_ladder.through_an_origin(sphere, tmp_path)
    assert list(run.variants.values()) == LADDER
    assert run.sizes == run.variants
    settings, source = OriginSettings(), streaming_ladder.SPHERE
    needed = processors.work(source, plan(source), settings.preset, settings.encoder_threads)
    assert bool(run.told) == (not needed.fits(os.cpu_count() or 1))
