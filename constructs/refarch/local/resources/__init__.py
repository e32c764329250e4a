"""Every resource type of CloudFormation: made for real where the emulator has the API, recorded where it has not,
and checked against the official schema in both cases."""

from __future__ import annotations

from refarch.local.rooms import Context


def install(context: Context) -> None:
    from refarch.local.compute.scaling.replacing import creations
    from refarch.local.resources import api_calls, application_autoscaling, drift, engine, records, routes
    from refarch.local.resources.api_backed import BACKED

    api_calls.install(context.endpoint_url)
    records.install()
    application_autoscaling.install()
    engine.install()
    creations.install()
    drift.install(engine.generic_types() - BACKED.keys())
    routes.install()
