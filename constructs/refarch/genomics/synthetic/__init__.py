"""Synthetic genomics data: a small genome with genes, samples with planted variants, their reads, and the truth.

Real data are large, private or both; these are made from a seed in a second or two, the same on every machine, and what
is to be found in them is known.
"""

from __future__ import annotations

from refarch.genomics.synthetic.dataset import Dataset, SampleFiles, make
from refarch.genomics.synthetic.score import Comparison, compare, score

__all__ = ["Comparison", "Dataset", "SampleFiles", "compare", "make", "score"]
