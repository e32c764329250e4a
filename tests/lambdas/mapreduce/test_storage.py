"""The one seam to S3, with the real boto3 against a small server on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from refarch_lambdas.mapreduce.errors import InputChangedError, InputNotFoundError
from refarch_lambdas.mapreduce.storage import S3Storage
from tests.lambdas.mapreduce.http_bucket import HttpBucket, etag_of, running_bucket

BODY = bytes(range(256)) * 4000


@pytest.fixture
def bucket() -> Iterator[HttpBucket]:
    with running_bucket() as server:
        yield server


@pytest.fixture
def storage(bucket: HttpBucket) -> S3Storage:
    return S3Storage("jobs", bucket.client(), sleep=lambda seconds: None)


def read_all(storage: S3Storage, start: int, end: int, etag: str | None = None) -> bytes:
    stream, whole = storage.open_range("in/a.txt", start, end, bucket="other", etag=etag), b""
    while block := stream.read(100_000):
        whole += block
    return whole


def test_a_range_is_read_in_one_request(bucket: HttpBucket, storage: S3Storage) -> None:
    bucket.objects["in/a.txt"] = BODY
    assert read_all(storage, 5, 900_001, etag_of(BODY)) == BODY[5:900_001]
    assert storage.requests.snapshot() == {"get": 1, "put": 0, "list": 0}
    assert read_all(storage, 7, 7) == b""
    assert storage.requests.snapshot()["get"] == 1


def test_broken_connections_resume_where_they_broke_and_are_counted(bucket: HttpBucket, storage: S3Storage) -> None:
    bucket.objects["in/a.txt"] = BODY
    bucket.break_after = [300_000, 0, 0, 123]
    assert read_all(storage, 0, len(BODY), etag_of(BODY)) == BODY
    assert storage.requests.snapshot()["get"] == 5


def test_a_connection_that_never_works_gives_up(bucket: HttpBucket, storage: S3Storage) -> None:
    bucket.objects["in/a.txt"] = BODY
    bucket.break_after = [0] * 20
    with pytest.raises(Exception, match=r"(?i)incomplete|broken|ended|closed") as caught:
        read_all(storage, 0, len(BODY))
    assert not isinstance(caught.value, InputChangedError)
    assert storage.requests.snapshot()["get"] == 6


def test_a_changed_object_is_never_mixed_with_the_old_one(bucket: HttpBucket, storage: S3Storage) -> None:
    bucket.objects["in/a.txt"] = BODY
    stream = storage.open_range("in/a.txt", 0, len(BODY), etag=etag_of(BODY))
    bucket.break_after = [1000]
    stream.read(1000)
    bucket.objects["in/a.txt"] = BODY[::-1]
    with pytest.raises(InputChangedError, match=r"s3://jobs/in/a\.txt is not the object that was planned"):
        stream.read(len(BODY))
    with pytest.raises(InputChangedError):
        read_all(storage, len(BODY), len(BODY) + 1)
    with pytest.raises(InputNotFoundError, match="s3://jobs/none"):
        storage.get("none")


def test_create_only_lets_the_first_win(bucket: HttpBucket, storage: S3Storage) -> None:
    assert storage.put_create_only("k", b"first", {"linecount": "3"}) is True
    assert storage.put_create_only("k", b"second") is False
    assert (bucket.objects["k"], bucket.metadata["k"]) == (b"first", {"linecount": "3"})
    bucket.answers = [409, 409]
    assert storage.put_create_only("other", b"x") is True
    assert storage.requests.snapshot()["put"] == 5
    bucket.answers = [409] * 9
    with pytest.raises(ClientError):
        storage.put_create_only("third", b"x")


def test_compare_and_swap(bucket: HttpBucket, storage: S3Storage) -> None:
    assert storage.get_json_with_etag("state") is None
    assert storage.put_if_match("state", b"[]", '"any"') is None
    bucket.objects["state"] = b'{"a": 1}'
    found = storage.get_json_with_etag("state")
    assert found == ({"a": 1}, etag_of(b'{"a": 1}'))
    assert storage.put_if_match("state", b"[2]", found[1]) == etag_of(b"[2]")
    assert storage.put_if_match("state", b"[3]", found[1]) is None
    assert storage.get_json("state") == [2]


def test_listing_goes_on_after_the_first_page(bucket: HttpBucket, storage: S3Storage) -> None:
    bucket.page = 10
    bucket.objects = {f"p/{number:03}": b"x" * number for number in range(35)} | {"q": b""}
    assert list(storage.list_keys("p/")) == [f"p/{number:03}" for number in range(35)]
    assert [found.size for found in storage.list_objects("p/")] == list(range(35))
    assert storage.requests.snapshot()["list"] == 8


def test_a_large_file_goes_up_in_parts_and_each_part_is_counted(
    bucket: HttpBucket, storage: S3Storage, tmp_path: Path
) -> None:
    path = tmp_path / "large"
    path.write_bytes(b"0123456789abcdef" * 1_250_000)  # 20 MB: parts of 8 MiB
    storage.upload_file(path, "large")
    assert bucket.objects["large"] == path.read_bytes()
    assert storage.requests.snapshot()["put"] == 1 + 3 + 1


def test_exists_and_delete(storage: S3Storage) -> None:
    storage.put("k", b"x")
    assert storage.exists("k")
    storage.delete("k")
    storage.delete("k")
    assert not storage.exists("k")


def test_storages_of_one_client_count_once(bucket: HttpBucket) -> None:
    client = bucket.client()
    first, second = S3Storage("jobs", client), S3Storage("jobs", client)
    second.put("k", b"x")
    assert first.requests is second.requests
    assert first.requests.snapshot()["put"] == 1
