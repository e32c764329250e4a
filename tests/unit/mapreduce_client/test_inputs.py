"""Inputs: what they name, what they must not name, and every page of them."""

import bz2
import gzip

import pytest

from refarch.mapreduce.inputs import list_inputs, mark_compressed, parse_inputs
from tests.unit.mapreduce_client.fakes import WORKSPACE, FakeS3


def listed(s3, *texts):
    inputs, problems = parse_inputs(texts, WORKSPACE)
    assert not problems
    return list_inputs(inputs, s3)


def keys(listing):
    return [item.key for item in listing.objects]


@pytest.fixture
def s3():
    s3 = FakeS3(page=2)
    for key in ("visits", "visits/", "visits/1", "visits/2", "visits/deep/3", "visits2/4", "other"):
        s3.put(key, b"" if key.endswith("/") else b"x" * 10, bucket="data")
    return s3


def test_every_page_is_read_and_folder_marks_are_not_objects(s3):
    assert keys(listed(s3, "s3://data/visits/")) == ["visits/1", "visits/2", "visits/deep/3"]
    assert len(listed(s3, "s3://data").objects) == 6


def test_original_defect_5_a_folder_does_not_take_in_a_neighbour_of_the_same_beginning(s3):
    assert keys(listed(s3, "s3://data/visits")) == ["visits", "visits/1", "visits/2", "visits/deep/3"]
    assert "visits2/4" in keys(listed(s3, "s3://data/visits*"))


def test_an_object_named_twice_is_read_once(s3):
    listing = listed(s3, "s3://data/visits/", "s3://data/visits/1")
    assert len(listing.objects) == 3
    assert listing.repeated == 1


def test_empty_objects_are_counted(s3):
    s3.put("visits/empty", b"", bucket="data")
    listing = listed(s3, "s3://data/visits/")
    assert (listing.empty, listing.bytes) == (1, 30)


@pytest.mark.parametrize("text", ["data/visits", "s3:/data", "s3://", "http://data/x", "s3://UPPER/x"])
def test_every_malformed_input_is_named(text):
    _, problems = parse_inputs([text, "nonsense"], WORKSPACE)
    assert problems == [f"input {bad!r} is not of the form s3://bucket/folder" for bad in (text, "nonsense")]


def test_no_input_is_a_problem():
    assert parse_inputs([], WORKSPACE)[1] == ["no input given: use s3://bucket/folder"]


@pytest.mark.parametrize("path", ["", "/", "/jobs", "/jobs/", "/jobs/j/result", "/shuffle/j/", "/j*"])
def test_an_input_that_a_job_writes_to_is_refused(path):
    _, problems = parse_inputs([f"s3://jobs-bucket{path}"], WORKSPACE)
    assert len(problems) == 1
    assert "takes in the workspace itself (s3://jobs-bucket/jobs/ and shuffle/)" in problems[0]


@pytest.mark.parametrize("uri", ["s3://jobs-bucket/data/", "s3://jobs-bucket/jobsheet/", "s3://other-bucket/jobs/"])
def test_other_folders_of_the_job_bucket_are_fine(uri):
    assert parse_inputs([uri], WORKSPACE)[1] == []


def test_large_objects_that_are_compressed_in_secret_stay_whole(s3):
    text = b"".join(b"%d\n" % number for number in range(5_000))
    for key, body in {
        "g": gzip.compress(text),
        "b": bz2.compress(text),
        "p": text,
        "n.gz": gzip.compress(text),
    }.items():
        s3.put(f"big/{key}", body, bucket="data")
    s3.calls.clear()
    listing, hidden = mark_compressed(listed(s3, "s3://data/big/"), 100, s3)
    assert {item.key for item in listing.objects if item.whole} == {"big/g", "big/b"}
    assert hidden == ["s3://data/big/b", "s3://data/big/g"]
    assert s3.calls.count("GetObject") == 3, "what says so in its name needs no look"


def test_objects_that_are_not_split_are_not_looked_at(s3):
    listing = listed(s3, "s3://data/visits/")
    s3.calls.clear()
    assert mark_compressed(listing, 100, s3) == (listing, [])
    assert s3.calls == []
