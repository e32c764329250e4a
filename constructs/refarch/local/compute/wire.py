"""AWS's query protocol, driven by botocore's own models: requests into plain values, results into XML."""

from __future__ import annotations

import functools
import re
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from xml.sax.saxutils import escape

Response = tuple[int, dict[str, str], bytes]
Action = Callable[[dict[str, Any]], Mapping[str, Any] | None]


class ApiError(Exception):
    """What an API answers instead of a result."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@functools.cache
def model(service: str) -> Any:
    """botocore's model of a service."""
    import botocore.session

    return botocore.session.get_session().get_service_model(service)


def served(service: str, operation: str, action: Action) -> Callable[[Mapping[str, Any]], Response]:
    """`action` as a handler of query parameters."""

    def handler(parameters: Mapping[str, Any]) -> Response:
        shapes = model(service).operation_model(operation)
        try:
            request = parse(shapes.input_shape, parameters) if shapes.input_shape else {}
            result = action(request) or {}
        except ApiError as error:
            return _error(service, error)
        inner = render(shapes.output_shape, result) if shapes.output_shape else ""
        wrapper = f"{operation}Result"
        return _document(service, f"{operation}Response", f"<{wrapper}>{inner}</{wrapper}>")

    return handler


def parse(shape: Any, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Query parameters (`A.member.1.B`) as the structure that `shape` describes. Raises `ApiError`."""
    tree: dict[str, Any] = {}
    for name, value in parameters.items():
        node = tree
        *path, last = name.split(".")
        for step in path:
            node = node.setdefault(step, {})
        node[last] = value[0] if isinstance(value, list) else value
    result: dict[str, Any] = coerce(shape, tree)
    missing = [name for name in shape.required_members if name not in result]
    if missing:
        raise ApiError("ValidationError", f"Missing required parameter: {', '.join(missing)}")
    return result


def coerce(shape: Any, value: Any) -> Any:
    """A value with the types of `shape`; unknown members are dropped. Templates have numbers and booleans as text too.

    Raises `ApiError` for what does not convert.
    """
    if shape.type_name == "structure":
        return {
            name: coerce(member, value[name])
            for name, member in shape.members.items()
            if isinstance(value, Mapping) and value.get(name) is not None
        }
    if shape.type_name == "list":
        return [coerce(shape.member, entry) for entry in _entries(value)]
    return _scalar(shape, value)


def _entries(value: Any) -> list[Any]:
    if isinstance(value, Mapping):
        members = value.get("member", {})
        return [members[number] for number in sorted(members, key=int)] if isinstance(members, Mapping) else []
    return value if isinstance(value, list) else []


def _scalar(shape: Any, value: Any) -> Any:
    text = str(value)
    try:
        if shape.type_name in ("integer", "long"):
            return int(float(text)) if re.fullmatch(r"-?\d+\.0", text) else int(text)
        if shape.type_name in ("double", "float"):
            return float(text)
    except ValueError:
        raise ApiError("ValidationError", f"{text!r} is not a number ({shape.name})") from None
    if shape.type_name == "boolean":
        return text.lower() == "true"
    return text


def render(shape: Any, value: Any) -> str:
    """A value as the XML of `shape`; members it does not have are left out."""
    if shape.type_name == "structure":
        parts = ((name, member, value.get(name)) for name, member in shape.members.items())
        return "".join(f"<{name}>{render(member, part)}</{name}>" for name, member, part in parts if part is not None)
    if shape.type_name == "list":
        return "".join(f"<member>{render(shape.member, entry)}</member>" for entry in value)
    if shape.type_name == "boolean":
        return "true" if value else "false"
    return escape(value.isoformat() if isinstance(value, datetime) else str(value))


def _document(service: str, root: str, inner: str) -> Response:
    space = model(service).metadata["xmlNamespace"]
    request = f"<ResponseMetadata><RequestId>{uuid.uuid4()}</RequestId></ResponseMetadata>"
    body = f'<{root} xmlns="{space}">{inner}{request}</{root}>'
    return 200, {"Content-Type": "text/xml"}, body.encode()


def _error(service: str, error: ApiError) -> Response:
    space = model(service).metadata["xmlNamespace"]
    inner = f"<Type>Sender</Type><Code>{error.code}</Code><Message>{escape(str(error))}</Message>"
    request = f"<RequestId>{uuid.uuid4()}</RequestId>"
    body = f'<ErrorResponse xmlns="{space}"><Error>{inner}</Error>{request}</ErrorResponse>'
    return 400, {"Content-Type": "text/xml"}, body.encode()
