"""Shares the sequences of a genome out among callers that run side by side. Pure."""

from __future__ import annotations

from collections.abc import Mapping

BATCHES_A_VCPU = 2
"""More batches than vCPUs, so that a slow one does not leave the others idle at the end."""


def share(lengths: Mapping[str, int], vcpus: int) -> list[list[str]]:
    """Batches of sequences, in the reference's order, of about equal length.

    A batch is never less than one sequence, so a genome's longest chromosome bounds what more vCPUs can do.
    """
    wanted = max(1, min(len(lengths), vcpus * BATCHES_A_VCPU if vcpus > 1 else 1))
    target = sum(lengths.values()) / wanted
    batches: list[list[str]] = [[]]
    filled = 0.0
    for name, length in lengths.items():
        if batches[-1] and filled + length / 2 > target:
            batches.append([])
            filled = 0.0
        batches[-1].append(name)
        filled += length
    return batches


def bed(names: list[str], lengths: Mapping[str, int]) -> str:
    """The sequences as BED: name, 0, length."""
    return "".join(f"{name}\t0\t{lengths[name]}\n" for name in names)
