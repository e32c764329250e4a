"""Ad revenue by the network that visitors came from: the query of the original's article.

    SELECT SUBSTR(sourceIP, 1, 8), SUM(adRevenue) FROM uservisits GROUP BY SUBSTR(sourceIP, 1, 8)

Input: lines of the AMPLab benchmark's `uservisits`: sourceIP, destURL, visitDate, adRevenue, and five more fields.
"""

from __future__ import annotations

import math
from collections.abc import Iterable


def map(line: str) -> tuple[tuple[str, float]]:
    """Field 0 is the address, field 3 the revenue; what comes behind need not be taken apart.

    One pair, in a tuple: the cheapest thing that Python can return. `yield` would do as well, a little slower.
    """
    fields = line.split(",", 4)
    return ((fields[0][:8], float(fields[3])),)


def combine(key: str, values: Iterable[float]) -> float:
    return math.fsum(values)


def reduce(key: str, values: Iterable[float]) -> float:
    return math.fsum(values)
