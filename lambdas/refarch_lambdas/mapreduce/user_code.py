"""Calling the job's own combine and reduce, so that what goes wrong in them names the key."""

from __future__ import annotations

import traceback
from collections.abc import Iterable, Iterator
from itertools import chain, groupby
from operator import itemgetter
from typing import Any, Final

from refarch_lambdas.mapreduce.contract import ReduceFunction
from refarch_lambdas.mapreduce.errors import PermanentError, UserCodeError
from refarch_lambdas.mapreduce.values import are_jsonable

Pair = tuple[str, Any]
_TRACE_CHARACTERS: Final = 2000
_NOTHING: Final = object()
_key_of = itemgetter(0)
_value_of = itemgetter(1)


def fold(name: str, function: ReduceFunction, key: str, values: Iterator[Any]) -> Any:
    """`function(key, values)`. Raises `UserCodeError` with the key and the original traceback when it fails."""
    try:
        return function(key, values)
    except (PermanentError, MemoryError):
        raise  # from reading the values, not from the job's code
    except Exception as error:
        raise user_code_error(name, key, error) from error


def user_code_error(name: str, key: str, error: Exception) -> UserCodeError:
    """Lambda passes on the message of an error but not its cause, so the message holds the traceback."""
    text = "".join(traceback.format_exception(error))[-_TRACE_CHARACTERS:]
    return UserCodeError(f"{name} failed for key {key!r}: {type(error).__name__}: {error}\n{text}")


def check_values(name: str, keys: Iterable[str], values: list[Any]) -> None:
    """Raises `UserCodeError` for the first key whose value JSON cannot carry."""
    if are_jsonable(values):
        return
    for key, value in zip(keys, values, strict=True):
        if not are_jsonable([value]):
            raise UserCodeError(
                f"{name} returned {value!r:.200} for key {key!r}: JSON cannot carry that "
                "(NaN and Infinity are no JSON numbers)"
            )


def combined(name: str, function: ReduceFunction, pairs: Iterable[Pair]) -> Iterator[Pair]:
    """One pair a key from sorted pairs. A key that has one value keeps it as it is."""
    for key, group in groupby(pairs, _key_of):
        values = map(_value_of, group)
        first = next(values)
        second = next(values, _NOTHING)
        if second is _NOTHING:
            yield key, first
        else:
            value = fold(name, function, key, chain((first, second), values))
            check_values(name, (key,), [value])
            yield key, value


def reduced(function: ReduceFunction, pairs: Iterable[Pair]) -> Iterator[Pair]:
    """One pair a key from sorted pairs, each made by `function`."""
    for key, group in groupby(pairs, _key_of):
        value = fold("reduce", function, key, map(_value_of, group))
        check_values("reduce", (key,), [value])
        yield key, value
