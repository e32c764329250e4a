"""From a template to its cost card."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from refarch.gate.cost.context import Case, NoPrice
from refarch.gate.cost.model import CostCard, LeftOut, Line
from refarch.gate.cost.models import is_free, model_of
from refarch.gate.cost.prices import Prices
from refarch.gate.cost.usage import Usage
from refarch.gate.picture.scene import helpers_of
from refarch.gate.policy.view import Resource
from refarch.gate.policy.view import Template as View
from refarch.gate.templates.template import Template, TemplateError
from refarch.prices import DEFAULT_REGION

MOST_RESOURCES = 20_000
NO_MODEL = "no cost model for this type"
HELPER = "run only while the stack is deployed"


def card(template: Template, usage: Usage | None = None, *, region: str | None = None) -> CostCard:
    """What a template costs a month, from idle to busy, by list prices.

    `region` (default: that of the usage, or us-east-1) chooses the prices; those that are not known for it are those of
    us-east-1, which a note says. Raises `TemplateError` for more than 20,000 resources and `ValueError` for a usage
    that names resources which the template does not have.
    """
    if len(template.resources) > MOST_RESOURCES:
        raise TemplateError(
            f"{template.name}: {len(template.resources):,} resources; up to {MOST_RESOURCES:,} are priced"
        )
    given = usage or Usage()
    _known_resources(template, given)
    prices = Prices(region or given.region or DEFAULT_REGION)
    view = View(template.content)
    helpers = frozenset(helpers_of(view))
    lines: list[Line] = []
    missing: Counter[tuple[str, str]] = Counter()
    for resource in view.resources.values():
        found, why = _priced(Case(resource, view, prices, given), resource, helpers)
        lines += found
        if why:
            missing[resource.type, why] += 1
    free = sum(1 for each in view.resources.values() if is_free(each.type))
    return CostCard(
        name=template.name.rpartition("/")[2].partition(".")[0],
        region=prices.region,
        as_of=max(prices.dates, default="no prices needed"),
        lines=tuple(sorted(lines, key=lambda each: (-each.idle, -each.busy, each.resource, each.item))),
        left_out=tuple(LeftOut(type_, count, why) for (type_, why), count in sorted(missing.items())),
        free=free,
        emptied=_emptied(view),
        notes=tuple(_notes(template, prices)),
    )


def _priced(case: Case, resource: Resource, helpers: frozenset[str]) -> tuple[list[Line], str]:
    if is_free(resource.type):
        return [], ""
    if resource.name in helpers:
        return [], HELPER
    model = model_of(resource.type)
    if model is None:
        return [], NO_MODEL
    try:
        return list(model(case)), ""
    except NoPrice as error:
        return [], str(error)


def _emptied(view: View) -> frozenset[str]:
    """Groups that a schedule empties: its sizes are zero and nothing else."""
    found = set()
    for each in view.resources.values():
        if each.type == "AWS::AutoScaling::ScheduledAction" and str(each.properties.get("MaxSize")) == "0":
            group = each.properties.get("AutoScalingGroupName")
            found.add(str(group.get("Ref")) if isinstance(group, Mapping) else str(group))
    return frozenset(found & view.resources.keys())


def _known_resources(template: Template, usage: Usage) -> None:
    unknown = sorted(usage.resources.keys() - template.resources.keys())
    if unknown:
        raise ValueError(f"usage: {', '.join(unknown[:10])}: no such resource in {template.name}")


def _notes(template: Template, prices: Prices) -> Iterator[str]:
    if prices.borrowed:
        names = ", ".join(sorted(prices.borrowed))
        yield f"Prices of us-east-1, because those of {prices.region} are not known: {names}"
    if template.transforms:
        yield f"What {', '.join(template.transforms)} makes of the template is not seen"
    if template.loops:
        yield f"Loops are not expanded: {', '.join(sorted(template.loops)[:5])}"
    conditional = sum(1 for each in template.resources.values() if each.get("Condition") is not None)
    if conditional:
        yield f"Counted as if they were made: {conditional} resources under a condition"
    nested = sum(1 for each in template.resources.values() if each.get("Type") == "AWS::CloudFormation::Stack")
    if nested:
        yield f"{nested} nested stacks have cards of their own"
