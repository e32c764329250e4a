"""Stands in for CloudFront and the load balancer: viewers ask here, and what is deployed decides who answers.

Behaviors, origin groups, and the headers to origins and viewers are read from the deployed distribution; the rule and
the healthy targets from the deployed load balancer. Left out: caches, TLS, and who may read a private bucket.
"""

from __future__ import annotations

import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import unquote, urlsplit

from botocore.exceptions import ClientError

from refarch.local import LocalCloud

Answer = tuple[int, Mapping[str, str], bytes]
MEDIA = ("X-Media-Cache-Status", "X-Media-Handled-By")
PASSED_ON = ("Content-Type", "Cache-Control", "Access-Control-Allow-Origin", *MEDIA)
BAD_GATEWAY: Answer = (502, {}, b"no origin answers")


class CloudFront:
    """The distribution with this comment, at `url` while the block runs.

    `places` says where on this machine the target with this instance id, or the origin at this host and port, answers.
    """

    def __init__(self, cloud: LocalCloud, comment: str, places: Callable[[str], str | None]) -> None:
        self.cloud, self._places = cloud, places
        client = cloud.client("cloudfront")
        listed = client.list_distributions()["DistributionList"]["Items"]
        found = next(each for each in listed if each.get("Comment") == comment)
        self.host = str(found["DomainName"])
        self._config = client.get_distribution_config(Id=found["Id"])["DistributionConfig"]
        self._origins = {each["Id"]: each for each in self._config["Origins"]["Items"]}
        self._groups = {each["Id"]: each for each in (self._config.get("OriginGroups") or {}).get("Items", [])}
        policies = {id for each in self._behaviors if (id := _policy(each))}
        self._headers = {
            id: _headers(client.get_response_headers_policy(Id=id)["ResponseHeadersPolicy"]) for id in policies
        }
        self._balancers = _balancers(cloud)
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> CloudFront:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()

    def here(self, address: str) -> str:
        """An address of the distribution, as it is on this machine."""
        return address.replace(f"https://{self.host}", self.url)

    def targets(self) -> list[str]:
        """Those that get requests of the load balancer."""
        return [each for _, group in self._balancers.values() for each in self._healthy(group)]

    def _healthy(self, group: str) -> list[str]:
        found = self.cloud.client("elbv2").describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
        return [each["Target"]["Id"] for each in found if each["TargetHealth"]["State"] == "healthy"]

    @property
    def _behaviors(self) -> list[dict[str, Any]]:
        further = self._config.get("CacheBehaviors") or {}
        return [*further.get("Items", []), self._config["DefaultCacheBehavior"]]

    def answer(self, path: str, asked: Mapping[str, str]) -> Answer:
        plain = urlsplit(path).path.lstrip("/")
        patterns = ((each.get("PathPattern", "*").lstrip("/"), each) for each in self._behaviors)
        behavior = next(each for pattern, each in patterns if fnmatchcase(plain, pattern))
        target = behavior["TargetOriginId"]
        group = self._groups.get(target)
        members = [each["OriginId"] for each in group["Members"]["Items"]] if group else [target]
        codes = group["FailoverCriteria"]["StatusCodes"]["Items"] if group else []
        status, headers, body = BAD_GATEWAY
        for member in members:
            status, headers, body = self._ask(self._origins[member], path, asked)
            if status not in codes:
                break
        return status, {**headers, **self._headers.get(_policy(behavior), {})}, body

    def _ask(self, origin: Mapping[str, Any], path: str, asked: Mapping[str, str]) -> Answer:
        host = str(origin["DomainName"])
        if ".s3." in host:
            return self._read(host.partition(".s3.")[0], unquote(urlsplit(path).path).lstrip("/"))
        shown = {each["HeaderName"]: each["HeaderValue"] for each in origin["CustomHeaders"].get("Items", [])}
        if host in self._balancers:
            (name, value), group = self._balancers[host]
            if shown.get(name) != value:
                return 403, {}, b"through CloudFront only"
            place = next(filter(None, map(self._places, self._healthy(group))), None)
        else:
            place = self._places(f"{host}:{origin['CustomOriginConfig'].get('HTTPPort', 80)}")
        return _fetch(place + path, {**asked, **shown}) if place else BAD_GATEWAY

    def _read(self, bucket: str, key: str) -> Answer:
        try:
            found = self.cloud.client("s3").get_object(Bucket=bucket, Key=key)
        except ClientError:
            return 403, {}, b""
        headers = {"Content-Type": found["ContentType"], "Cache-Control": found.get("CacheControl", "")}
        return 200, headers, found["Body"].read()


def _policy(behavior: Mapping[str, Any]) -> str:
    return str(behavior.get("ResponseHeadersPolicyId", ""))


def _headers(policy: Mapping[str, Any]) -> dict[str, str]:
    """What a response headers policy adds, as far as the page's has it."""
    config = policy["ResponseHeadersPolicyConfig"]
    security = config.get("SecurityHeadersConfig", {})
    found = {each["Header"]: each["Value"] for each in config.get("CustomHeadersConfig", {}).get("Items", [])}
    if "ContentSecurityPolicy" in security:
        found["Content-Security-Policy"] = security["ContentSecurityPolicy"]["ContentSecurityPolicy"]
    if "ContentTypeOptions" in security:
        found["X-Content-Type-Options"] = "nosniff"
    return found


def _balancers(cloud: LocalCloud) -> dict[str, tuple[tuple[str, str], str]]:
    """Host of each load balancer → the header that its rule wants, and the target group that it then asks."""
    elb, found = cloud.client("elbv2"), {}
    for balancer in elb.describe_load_balancers()["LoadBalancers"]:
        [listener] = elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
        rules = elb.describe_rules(ListenerArn=listener["ListenerArn"])["Rules"]
        rule = next(each for each in rules if each["Conditions"])
        wanted = rule["Conditions"][0]["HttpHeaderConfig"]
        action = rule["Actions"][0]
        group = action.get("TargetGroupArn") or action["ForwardConfig"]["TargetGroups"][0]["TargetGroupArn"]
        found[balancer["DNSName"]] = ((wanted["HttpHeaderName"], wanted["Values"][0]), group)
    return found


def _fetch(url: str, headers: Mapping[str, str]) -> Answer:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=dict(headers)), timeout=5) as got:  # noqa: S310
            return got.status, _kept(got.headers), got.read()
    except urllib.error.HTTPError as error:
        return error.code, _kept(error.headers), error.read()
    except OSError:
        return BAD_GATEWAY


def _kept(headers: Any) -> dict[str, str]:
    return {name: headers[name] for name in PASSED_ON if headers[name]}


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """Browsers hang up when they like."""


def _handler(front: CloudFront) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            status, headers, body = front.answer(self.path, {"User-Agent": self.headers.get("User-Agent", "")})
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if status != 204:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    return Handler
