"""moto's services behind this cloud's endpoint: in this process, for the account and region of each request.

moto is imported when one of its services is first called: that takes seconds and memory, which most clouds never need.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import quote, urlencode
from xml.sax.saxutils import escape

from refarch.local import adapter
from refarch.local.moto_services import roles
from refarch.local.moto_services.catalogue import SERVICES

Answer = tuple[int, dict[str, str], bytes]
logger = logging.getLogger("refarch.local.moto_services")
_one_at_a_time = threading.Lock()  # moto's stores are plain dictionaries, made for the one thread of a test
CHARACTERS = "/%:@+=,~!$"  # that a path may hold as they are
NOT_SENT = ("content-length", "transfer-encoding", "connection", "host", "x-moto-account-id")


def install() -> None:
    """Mount each service that the emulator has not learnt meanwhile."""
    handlers = adapter.read("services")
    for service in SERVICES.keys() - handlers.keys():
        handlers[service] = _handler(service)


def _handler(service: str) -> Any:
    async def handle(method: str, path: str, headers: Mapping[str, str], body: bytes, query: Any) -> Answer:
        account = str(adapter.read("account of the request")())
        region = str(adapter.read("region of the request")())
        url = _url(service, region, path, query)
        return await asyncio.to_thread(answer, account, Asked(service, method, url, headers, body))

    return handle


def _url(service: str, region: str, path: str, query: Any) -> str:
    """The address on AWS: moto tells its services apart by it."""
    end = ".cn" if region.startswith("cn-") else ""
    asked = urlencode(query, doseq=True)
    host = f"{SERVICES[service]}.{region}.amazonaws.com{end}"
    return f"https://{host}{quote(path, safe=CHARACTERS)}" + (f"?{asked}" if asked else "")


@dataclass(frozen=True)
class Asked:
    """A request as the emulator took it in, with its address on AWS."""

    service: str
    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes


def answer(account: str, asked: Asked) -> Answer:
    """What moto answers to one request of an account."""
    from botocore.awsrequest import AWSPreparedRequest
    from botocore.compat import HTTPHeaders

    headers = HTTPHeaders()
    for name, value in asked.headers.items():
        if name.lower() not in NOT_SENT:
            headers[name] = value
    headers["x-moto-account-id"] = account
    with _one_at_a_time:
        stub = _moto()
        if asked.service == "codepipeline":
            roles.of_pipeline(account, asked.body)
        try:
            found = stub.process_request(AWSPreparedRequest(asked.method, asked.url, headers, asked.body, False))
        except NotImplementedError as error:
            return _absent(asked, str(error) or "not implemented")
    status, given, content = found or (404, {}, b"")
    text = content.encode() if isinstance(content, str) else bytes(content)
    return int(status), {str(name): str(value) for name, value in dict(given).items()}, text


def _absent(asked: Asked, message: str) -> Answer:
    """An operation that moto does not have, in the form of the service's protocol."""
    code = "NotImplementedException"
    if "urlencoded" in str(asked.headers.get("content-type", "")):
        error = f"<Error><Type>Receiver</Type><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
        return 501, {"Content-Type": "text/xml"}, f"<ErrorResponse>{error}</ErrorResponse>".encode()
    headers = {"Content-Type": "application/json", "x-amzn-ErrorType": code}
    return 501, headers, json.dumps({"__type": code, "message": message}).encode()


@cache
def _moto() -> Any:
    os.environ.setdefault("MOTO_ALLOW_NONEXISTENT_REGION", "true")  # new regions; moto's list ends with its release
    from moto.core.botocore_stubber import BotocoreStubber

    logger.info("moto is loaded, for the first call of one of its services")
    return BotocoreStubber()


def loaded() -> bool:
    """Whether one of the services was called since the cloud was started."""
    return "moto.core.botocore_stubber" in sys.modules


def empty() -> None:
    """Forget what the services hold."""
    if not loaded():
        return
    from moto.core.base_backend import BackendDict
    from moto.core.model_instances import reset_model_data

    with _one_at_a_time:
        BackendDict.reset()
        reset_model_data()
