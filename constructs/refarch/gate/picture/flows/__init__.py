"""What flows between boxes, each kind of connection read by a module of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from refarch.gate.picture.flows import access, containers, events, front, networks, tables, workflows
from refarch.gate.picture.model import Flow
from refarch.gate.picture.scene import Scene
from refarch.gate.templates.template import TemplateError

MOST_FLOWS = 50_000
STATED: tuple[Callable[[Scene], Iterator[Flow]], ...] = (
    tables.flows,
    events.flows,
    front.flows,
    containers.flows,
    workflows.flows,
)
"""What the template says outright."""


def _counted(made: Iterator[Flow]) -> Iterator[Flow]:
    for number, each in enumerate(made):
        if number >= MOST_FLOWS:
            raise TemplateError(f"more than {MOST_FLOWS:,} connections of one kind; that many are not drawn")
        yield each


def _hosted(found: set[Flow]) -> set[tuple[str, str]]:
    """Who reaches a service reaches the instances that it runs on: not said twice."""
    hosts = [(each.source, each.target) for each in found if each.label == "runs on"]
    return {(each.source, host) for each in found for service, host in hosts if each.target == service}


def flows(scene: Scene) -> set[Flow]:
    """All flows. What is only allowed by a role or security group counts where nothing else connects them."""
    found = {each for read in STATED for each in _counted(read(scene)) if each.source != each.target}
    for read in (access.flows, networks.flows, tables.mentions):
        pairs = {pair for each in found for pair in ((each.source, each.target), (each.target, each.source))}
        pairs |= _hosted(found)
        stated = {(each.source, each.target) for each in found}
        for each in _counted(read(scene)):
            known = stated if read is access.flows else pairs
            if each.source != each.target and (each.source, each.target) not in known:
                found.add(each)
    return found
