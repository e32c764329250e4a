"""Values between map and result: may JSON carry them, and how much memory do they hold."""

from __future__ import annotations

import json
import sys
from itertools import chain
from math import isfinite
from typing import Any, Final

_ALWAYS_FINE: Final = frozenset({int, bool, type(None), str})
_SCALARS: Final = _ALWAYS_FINE | {float}
_SAMPLE: Final = 16
_SLOT: Final = 9  # a pointer in a list that has a little room to grow
_SIZES: Final = {float: 24 + _SLOT, int: 28 + _SLOT, bool: _SLOT, type(None): _SLOT, str: 49 + _SLOT}


def are_jsonable(values: list[Any]) -> bool:
    """Whether JSON can carry all of them. NaN and the infinities are no JSON numbers."""
    types = set(map(type, values))
    if types <= _ALWAYS_FINE:
        return True
    if types == {float}:
        return isfinite(sum(values)) or all(map(isfinite, values))
    return _dumped_length(values) is not None


def held_bytes(values: list[Any]) -> int:
    """About how many bytes of memory a list's items hold. Containers are estimated from a sample."""
    types = set(map(type, values))
    if types <= _SCALARS:
        if len(types) == 1 and str not in types:
            return _SIZES[types.pop()] * len(values)
        return sum(sys.getsizeof(value) for value in values) + _SLOT * len(values)
    sample = values[:: max(1, len(values) // _SAMPLE)]
    sampled = sum(map(_deep_size, sample))
    # Their text tells how the sample compares with the rest, so that one huge value is not overlooked.
    scale = (_dumped_length(values) or 1) / (_dumped_length(sample) or 1)
    return int(sampled * max(1.0, scale)) + _SLOT * len(values)


def _dumped_length(values: list[Any]) -> int | None:
    try:
        return len(json.dumps(values, allow_nan=False))
    except (TypeError, ValueError, RecursionError):
        return None


def _deep_size(value: Any) -> int:
    size = sys.getsizeof(value)
    if isinstance(value, dict):
        return size + sum(map(_deep_size, chain(value, value.values())))
    if isinstance(value, (list, tuple)):
        return size + sum(map(_deep_size, value))
    return size
