"""Titles for boxes, from logical ids: `MapReduceDeadLetters25AD4758` is "Dead letters" in a stack of MapReduce."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

_HASH = re.compile(r"(?<=.)[0-9A-F]{8}$")
_WORD = re.compile(r"[A-Z]+[0-9]+(?![a-z])|[A-Z]+(?![a-z])|[A-Z][a-z]+|[a-z]+|[0-9]+")
_ENDINGS = ("Resource", "Default")
_LONGEST = 60


def titles(logical_ids: Iterable[str]) -> Mapping[str, str]:
    """Logical id to title. A beginning that four fifths of them share is left out."""
    words = {each: _words(each) for each in logical_ids}
    shared = _shared_beginning(list(words.values()))
    return {name: _title(_without(found, shared)) or name for name, found in words.items()}


def without_type(title: str, word: str) -> str:
    """`Hello load balancer` is "Hello" over the words "Load balancer": a type is said once."""
    named, said = title.split(), word.lower().split()
    for count in range(len(said), 0, -1):
        if len(named) > count and [each.lower() for each in named[-count:]] == said[-count:]:
            return " ".join(named[:-count])
    return title


def together(titles_: Sequence[str], most: int) -> str:
    """Several titles in one: what they begin with is said once, and only `most` are named."""
    first = titles_[0].split()
    shared = 0
    while all(each.split()[: shared + 1] == first[: shared + 1] and len(each.split()) > shared + 1 for each in titles_):
        shared += 1
    named = [titles_[0], *(" ".join(each.split()[shared:]) for each in titles_[1:most])]
    more = len(titles_) - most
    return ", ".join(named) + (f" +{more}" if more > 0 else "")


def _words(logical_id: str) -> tuple[str, ...]:
    found = _WORD.findall(_HASH.sub("", logical_id)[:200])
    while len(found) > 1 and found[-1] in _ENDINGS:
        found.pop()
    return tuple(_once(found)) or (logical_id[:_LONGEST],)


def _once(words: list[str]) -> list[str]:
    """`Service Service` is one word: the CDK names inner resources like their construct."""
    return [word for index, word in enumerate(words) if index == 0 or word != words[index - 1]]


def _shared_beginning(named: list[tuple[str, ...]]) -> tuple[str, ...]:
    shared: tuple[str, ...] = ()
    while len(named) > 2:
        longer = Counter(each[: len(shared) + 1] for each in named if len(each) > len(shared) + 1)
        best, count = max(longer.items(), key=lambda item: (item[1], item[0]), default=((), 0))
        if 5 * count < 4 * len(named) or best[: len(shared)] != shared:
            break
        shared = best
    return shared


def _without(words: tuple[str, ...], shared: tuple[str, ...]) -> tuple[str, ...]:
    return words[len(shared) :] if shared and words[: len(shared)] == shared and len(words) > len(shared) else words


def _title(words: tuple[str, ...]) -> str:
    rest = [each if each.isupper() and len(each) > 1 else each.lower() for each in words[1:]]
    return " ".join([words[0][:1].upper() + words[0][1:], *rest])[:_LONGEST]
