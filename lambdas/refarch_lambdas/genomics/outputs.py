"""What each step reads and writes, and whether its outputs are there already. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from refarch_lambdas.genomics.requests import BLANK, SampleRequest
from refarch_lambdas.genomics.settings import Settings

UPSTREAM: Mapping[str, str] = {"call": "align", "statistics": "align", "annotate": "call"}
_FIRST_INPUTS = ("FastQ1S3Path", "FastQ2S3Path")


@dataclass(frozen=True, kw_only=True)
class Seen:
    """An object as S3 tells of it."""

    size: int
    etag: str
    modified: datetime
    fingerprint: str = ""
    """Of the step that wrote it; empty for an object that something else wrote."""


World = Mapping[str, Seen | None]
"""URI to what is there; None where nothing is."""


def outputs_of(step: str, parameters: Mapping[str, str]) -> list[str]:
    """URIs of the objects that are there when the step is done; they are the last that its job writes."""
    if step == "align":
        folder = parameters["BAMS3FolderPath"].rstrip("/")
        return [f"{folder}/sorted.bam", f"{folder}/sorted.bam.bai"]
    if step == "call":
        return [f"{parameters['VCFS3Path'].rstrip('/')}/variants/variants.vcf.gz"]
    return [parameters["AnnotatedVCFS3Path" if step == "annotate" else "BAMStatsS3Path"]]


def inputs_of(request: SampleRequest) -> dict[str, str]:
    """Field to URI of what must be there before anything starts. Folders (their URI ends in a slash) are left out."""
    align, call = request.steps["align"].parameters, request.steps["call"].parameters
    found = {name: align[name] for name in _FIRST_INPUTS}
    found["ReferenceS3Path"] = call["ReferenceS3Path"]
    return {name: uri for name, uri in found.items() if not uri.endswith("/")}


def looked_at(request: SampleRequest) -> list[str]:
    """Every URI that a decision needs to know of."""
    outputs = [uri for step, each in request.steps.items() for uri in outputs_of(step, each.parameters)]
    return list(dict.fromkeys([*inputs_of(request).values(), *outputs]))


def missing_inputs(request: SampleRequest, world: World) -> list[str]:
    """What is wrong with the inputs, field by field."""
    return [
        f"{name} is {uri!r}, allowed: an object that exists and that this stack may read"
        for name, uri in inputs_of(request).items()
        if world.get(uri) is None
    ]


def fingerprints(request: SampleRequest, settings: Settings, world: World) -> dict[str, str]:
    """Step to what its outputs depend on: image, parameters, and the contents of its inputs, upstream ones too."""
    found: dict[str, str] = {}
    for step in ("align", "call", "annotate", "statistics"):
        upstream = UPSTREAM.get(step)
        # Where work is done makes no difference to what comes out.
        parameters = {key: value for key, value in request.steps[step].parameters.items() if key != "WorkingDir"}
        content = {uri: seen.etag for uri in inputs_of(request).values() if (seen := world.get(uri)) is not None}
        basis = [step, settings.steps[step].image, parameters, content, found.get(upstream or "", "")]
        found[step] = hashlib.sha256(json.dumps(basis, sort_keys=True).encode()).hexdigest()[:32]
    return found


def steps_to_run(request: SampleRequest, prints: Mapping[str, str], world: World) -> dict[str, bool]:
    """Step to whether its job is needed. What depends on a step that runs, runs too."""
    needed: dict[str, bool] = {}
    for step in ("align", "call", "annotate", "statistics"):
        upstream = UPSTREAM.get(step)
        before = (
            outputs_of(upstream, request.steps[upstream].parameters) if upstream else [*inputs_of(request).values()]
        )
        after = upstream is not None and needed[upstream]
        made = [world.get(uri) for uri in outputs_of(step, request.steps[step].parameters)]
        fresh = all(seen is not None and _valid(seen, prints[step], before, world) for seen in made)
        needed[step] = request.force or after or not fresh
    return needed


def _valid(seen: Seen, wanted: str, inputs: list[str], world: World) -> bool:
    """By its fingerprint; one that something else wrote counts when nothing that it depends on is newer."""
    if seen.fingerprint:
        return seen.fingerprint == wanted
    times = [each.modified for uri in inputs if uri != BLANK and (each := world.get(uri)) is not None]
    return all(seen.modified >= time for time in times)
