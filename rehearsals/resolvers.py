"""Resolvers that ask for a name with weighted records: each gets one of them by chance, in proportion to the weights.

There is no name server in the local cloud. What is sampled are the records as its Route 53 keeps them, by the rule that
Route 53 documents: weight over the sum of the weights, all alike where every weight is 0.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping
from math import sqrt
from typing import Any


def weights(route53: Any, zone: str, name: str) -> dict[str, int]:
    """Set identifier to weight, of the weighted records of a name."""
    found = route53.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    mine = [each for each in found if each["Name"].rstrip(".") == name and "Weight" in each]
    return {each["SetIdentifier"]: each["Weight"] for each in mine}


def answers(found: Mapping[str, int], resolvers: int, seed: int) -> Counter[str]:
    """What so many resolvers were told."""
    chance = random.Random(seed)  # noqa: S311 - an order to try, not a secret
    wanted = found if any(found.values()) else dict.fromkeys(found, 1)
    return Counter(chance.choices(list(wanted), weights=list(wanted.values()), k=resolvers))


def within_chance(count: int, resolvers: int, share: float, deviations: float = 4) -> bool:
    """Whether a count is what a share makes probable: within so many standard deviations of the binomial."""
    return abs(count - resolvers * share) <= deviations * sqrt(resolvers * share * (1 - share))
