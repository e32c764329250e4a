"""Props of `Player`, and what can be wrong with them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from aws_cdk import RemovalPolicy
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_cloudfront as cloudfront

from refarch._shared.checks import Problems, is_known
from refarch.streaming.player.policy import ANY_SECURE, sources_allowed

CMCD_MODES = ("query", "headers", "off")
_PATH = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


@dataclass(frozen=True, kw_only=True)
class PlayerProps:
    """The page, and where it is served. Nothing must be given.

    Raises `InvalidPropsError` with every problem at once.
    """

    distribution: cloudfront.Distribution | None = None
    """Serve the page below `path` of this one, which serves the streams too: then page and streams are of one origin.
    Default: a distribution of its own."""

    path: str = "player"
    """The folder of the page below `distribution`: 1 to 63 lower-case letters, digits and `-`, no `-` first. A
    distribution of its own has the page at its root."""

    stream: str = ""
    """What plays without `?url=`: an https address, or a path on the page's own host. Default: nothing; it says so."""

    stream_sources: Sequence[str] = ANY_SECURE
    """Where streams may come from, as sources of a content security policy (`https://live.example.com`). Default:
    any https server. The page's own host is always allowed and must not be named here. Empty: that host alone."""

    framed_by: Sequence[str] = ()
    """Sites (`https://…`) that may show the page in a frame. Default: only its own host."""

    beacon: str = "/beacon"
    """Where players tell of starts, stalls and switches, from the stream's address on. Empty: they tell nothing."""

    cmcd: str = "query"
    """How players tell each request's circumstances (CTA-5004): `query`, `headers` or `off`. Signed addresses that
    cover the query need `off`; `headers` needs a server that answers preflight requests."""

    domain_names: Sequence[str] = ()
    """Names of the own distribution. They need `certificate`."""

    certificate: acm.ICertificate | None = None
    """For `domain_names`; in us-east-1, as CloudFront wants it."""

    web_acl_id: str = ""
    """ARN of a web ACL (WAF, scope CLOUDFRONT) for the own distribution. Default: none."""

    removal_policy: RemovalPolicy = RemovalPolicy.RETAIN
    """Of the page's bucket. DESTROY takes the context refarch:remove-data-on-destroy as well."""

    def __post_init__(self) -> None:
        problems = Problems("PlayerProps")
        problems.check(not is_known(self.path) or bool(_PATH.fullmatch(self.path)), "path", self.path, _PATH.pattern)
        problems.one_of("cmcd", self.cmcd, CMCD_MODES)
        self._check_sources(problems)
        self._check_place(problems)
        problems.raise_any()

    def _check_sources(self, problems: Problems) -> None:
        known = [each for each in self.stream_sources if is_known(each)]
        allowed = "https:, or https://name with an optional *. and port"
        problems.check(sources_allowed(known), "stream_sources", list(self.stream_sources), allowed)
        framed = [each for each in self.framed_by if is_known(each)]
        problems.check(sources_allowed(framed), "framed_by", list(self.framed_by), allowed)
        scheme = self.stream.partition(":")[0] if is_known(self.stream) and ":" in self.stream else "https"
        problems.check(scheme == "https", "stream", self.stream, "an https address, or a path on the page's host")

    def _check_place(self, problems: Problems) -> None:
        # CloudFormation would say no more than "circular dependency": the distribution has the policy that names it.
        own_name = self.distribution.distribution_domain_name if self.distribution else None
        if own_name and any(own_name in each for each in self.stream_sources):
            problems.add("stream_sources", "the name of distribution", "other hosts: the page's own is always allowed")
        both = bool(self.domain_names) == (self.certificate is not None)
        problems.check(both, "domain_names", list(self.domain_names), "names together with certificate, or neither")
        own = {"domain_names": self.domain_names, "certificate": self.certificate, "web_acl_id": self.web_acl_id}
        given = [name for name, value in own.items() if value]
        if self.distribution is not None and given:
            problems.add(", ".join(given), "given", "nothing where a distribution is given: that one has them")
