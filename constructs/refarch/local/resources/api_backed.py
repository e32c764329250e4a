"""The types without a handler of the emulator's own that are nevertheless made through an API of this cloud.

Every one is deployed and read back through that API by tests/local/resources/test_api_backed.py,
those that moto keeps by tests/local/moto_services.
"""

from __future__ import annotations

from refarch.local.resources import backed_compute, backed_data, backed_derived, backed_moto, backed_network
from refarch.local.resources.backing import Backing

CURATED: dict[str, Backing] = {  # mappings that were written by hand
    **backed_network.BACKED,
    **backed_compute.BACKED,
    **backed_data.BACKED,
    **backed_moto.BACKED,
}
BACKED: dict[str, Backing] = {**backed_derived.backed(), **CURATED}
# The emulator's own handlers of these make nothing: the API is asked instead, or they are called what they are.
OVERRIDDEN = frozenset({"AWS::ApiGateway::RequestValidator"})
PLACEHOLDERS = frozenset({"AWS::ApiGateway::DocumentationVersion", "AWS::AppSync::FunctionConfiguration"})
