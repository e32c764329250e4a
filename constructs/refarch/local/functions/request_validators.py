"""Request validators of a template are made in API Gateway, so that its methods refuse what they say.

ministack answers with an id and makes none.
"""

from __future__ import annotations

from typing import Any

from refarch.local import adapter

TYPE = "AWS::ApiGateway::RequestValidator"


def install() -> None:
    handlers = adapter.read("handlers of resource types")
    stock = handlers[TYPE]

    def create(logical_id: str, properties: dict[str, Any], stack_name: str) -> Any:
        identity, attributes = stock["create"](logical_id, properties, stack_name)
        keep(identity, properties)
        return identity, attributes

    def update(identity: str, old: dict[str, Any], new: dict[str, Any], stack_name: str) -> Any:
        made, attributes = stock["update"](identity, old, new, stack_name)
        keep(made, new)
        return made, attributes

    def delete(identity: str, properties: dict[str, Any]) -> None:
        stock["delete"](identity, properties)
        (adapter.read("request validators").get(properties.get("RestApiId", "")) or {}).pop(identity, None)

    handlers[TYPE] = {**stock, "create": create, "update": update, "delete": delete}


def keep(identity: str, properties: dict[str, Any]) -> None:
    """Put the validator where methods look for it."""
    record = {
        "id": identity,
        "name": properties.get("Name", ""),
        "validateRequestBody": is_true(properties.get("ValidateRequestBody")),
        "validateRequestParameters": is_true(properties.get("ValidateRequestParameters")),
    }
    adapter.read("request validators").setdefault(properties.get("RestApiId", ""), {})[identity] = record


def is_true(value: Any) -> bool:
    """A boolean of a template, which may be text."""
    return str(value).lower() == "true"
