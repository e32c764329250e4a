"""The public parameters of Systems Manager that templates read while they are deployed."""

from __future__ import annotations

from refarch.local import adapter
from refarch.local.parameters import images
from refarch.local.parameters.public import PublicParameters
from refarch.local.rooms import Context


def install(context: Context) -> None:
    adapter.replace("public parameters", PublicParameters(adapter.read("public parameters"), context.region))
    images.install()
