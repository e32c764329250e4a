"""Numbers from the stream's clock: the same on both origins, whenever each of them started."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from refarch.streaming.data_plane.clock import (
    DAY,
    PTS_MODULUS,
    PTS_PER_MS,
    choose_offset,
    first_segment,
    number_of,
    start_at,
)

NOW = 1_800_000_000_000
fragments = st.sampled_from([1000, 2000, 4000, 6000])
stamps = st.integers(0, 30 * DAY)


def pts_of(stream_time: int, offset: int) -> int:
    """What the packager stamps on a picture of this stream time."""
    return (stream_time + offset % DAY) * PTS_PER_MS % PTS_MODULUS


@given(stamps, st.integers(0, 600), fragments, st.integers(0, 999))
def test_two_origins_number_a_picture_alike(stamp: int, later: int, fragment: int, phase: int) -> None:
    """One starts at once, the other up to ten minutes later; the encoder's key frames are `phase` off the grid."""
    phase = phase * fragment // 2500
    offset = choose_offset(NOW, stamp, fragment, [])
    one = first_segment(stamp, offset, fragment, 2500)
    other = first_segment(stamp + later * 1000, offset, fragment, 2500)
    picture = other.stream_time + phase
    pts = pts_of(picture, offset)
    assert number_of(pts, one, fragment) == number_of(pts, other, fragment) == (other.number, phase)


@given(stamps, fragments, st.integers(500, 30_000))
def test_a_packager_starts_on_a_fragment_and_in_time(stamp: int, fragment: int, lead: int) -> None:
    offset = choose_offset(NOW, stamp, fragment, [])
    start = first_segment(stamp, offset, fragment, lead)
    assert start.stream_time % fragment == 0
    assert lead <= start.stream_time - stamp < lead + fragment
    assert start.number * fragment == start.stream_time + offset
    assert start_at(start.number, offset, fragment) == start


@given(stamps, fragments, st.integers(-1999, 1999))
def test_a_known_offset_is_kept_when_the_clocks_differ_a_little(stamp: int, fragment: int, skew: int) -> None:
    known = choose_offset(NOW, stamp, fragment, [])
    skew = skew * fragment // 2000
    assert choose_offset(NOW + skew, stamp, fragment, [None, known]) == known


def test_an_encoder_that_starts_again_at_zero_goes_on_in_the_numbers() -> None:
    before = choose_offset(NOW, 3_600_000, 2000, [])
    last = first_segment(3_600_000, before, 2000, 2500).number
    after = choose_offset(NOW + 10_000, 0, 2000, [before, before])
    assert after != before
    assert first_segment(0, after, 2000, 2500).number == last + 5


def test_a_late_first_segment_is_seen() -> None:
    start = first_segment(0, 1_795_000_000_000, 2000, 2500)
    late = pts_of(start.stream_time + 1000 + 21, 1_795_000_000_000)
    number, phase = number_of(late, start, 2000)
    assert abs(phase) >= 500
    assert number in (start.number, start.number + 1)


@given(fragments, st.lists(st.integers(-20, 20), min_size=6, max_size=6))
def test_half_a_fragment_off_the_grid_every_segment_has_a_number_of_its_own(fragment: int, jitter: list[int]) -> None:
    """A packager that came late to an encoder with two key frames a fragment."""
    start = first_segment(0, 1_795_000_000_000, fragment, 2500)
    times = [start.stream_time + fragment // 2 + i * fragment + off for i, off in enumerate(jitter)]
    numbers = [number_of(pts_of(time, 1_795_000_000_000), start, fragment)[0] for time in times]
    assert numbers == list(range(start.number, start.number + 6))


@given(fragments, st.integers(0, 26 * 3_600_000))
def test_time_stamps_that_wrap_change_no_number(fragment: int, media: int) -> None:
    """MPEG-TS time starts again after 26.5 hours; a packager counts on from where it started, up to half of that."""
    start = first_segment(media, choose_offset(NOW, media, fragment, []), fragment, 2500)
    offset = start.number * fragment - start.stream_time
    twelve_hours = 12 * 3_600_000 // fragment * fragment
    pts = pts_of(start.stream_time, offset) + twelve_hours * PTS_PER_MS
    assert number_of(pts % PTS_MODULUS, start, fragment)[0] == start.number + twelve_hours // fragment
