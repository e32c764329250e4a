"""The functions' one seam to S3."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Iterable, Iterator
from typing import Any

from botocore.exceptions import ClientError

from refarch_lambdas.genomics.outputs import Seen
from refarch_lambdas.genomics.s3_uris import parse_s3_uri

_ABSENT = ("404", "NoSuchKey", "NotFound", "NoSuchBucket", "403", "AccessDenied", "Forbidden")
_LARGEST_TEXT = 64 * 1024 * 1024
FINGERPRINT = "refarch-fingerprint"


class Store:
    """Objects by their URIs. `client` is boto3's S3."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def look(self, uris: Iterable[str]) -> dict[str, Seen | None]:
        """What is there. What may not be read counts as absent: the answer to a person is the same."""
        return {uri: self._head(uri) for uri in uris}

    def _head(self, uri: str) -> Seen | None:
        place = parse_s3_uri(uri)
        try:
            found = self._client.head_object(Bucket=place.bucket, Key=place.key)
        except ClientError as error:
            if error.response["Error"]["Code"] in _ABSENT:
                return None
            raise
        return Seen(
            size=found["ContentLength"],
            etag=found["ETag"],
            modified=found["LastModified"],
            fingerprint=found.get("Metadata", {}).get(FINGERPRINT, ""),
        )

    def text(self, uri: str) -> str:
        """A small text object. Raises botocore's `ClientError`."""
        place = parse_s3_uri(uri)
        body = self._client.get_object(Bucket=place.bucket, Key=place.key)["Body"]
        return str(body.read(_LARGEST_TEXT).decode())

    def text_or_none(self, uri: str) -> str | None:
        """None where there is no such object, or none that may be read."""
        try:
            return self.text(uri)
        except ClientError as error:
            if error.response["Error"]["Code"] in _ABSENT:
                return None
            raise

    def gzip_lines(self, uri: str) -> Iterator[str]:
        """Lines of a compressed text, however large; nothing is kept."""
        place = parse_s3_uri(uri)
        body = self._client.get_object(Bucket=place.bucket, Key=place.key)["Body"]
        with gzip.open(body, "rb") as packed:
            yield from io.TextIOWrapper(packed)

    def put_json(self, uri: str, document: Any) -> None:
        self.put_text(uri, json.dumps(document, indent=1), "application/json")

    def put_text(self, uri: str, text: str, kind: str) -> None:
        place = parse_s3_uri(uri)
        self._client.put_object(Bucket=place.bucket, Key=place.key, Body=text.encode(), ContentType=kind)
