"""The worker against S3 and SQS of the local cloud, with ffmpeg: what it publishes, and what it never does."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from refarch.streaming import hls_rules
from refarch.streaming.vod import names
from rehearsals.vod_processes import VodSite, film, seconds_of, small_files, until

MASTER = names.master_key("talk")


def done(site: VodSite) -> bool:
    return site.waiting() == 0


@pytest.mark.parametrize(("segment_format", "kind"), [("mpegts", "video/mp2t"), ("fmp4", "video/mp4")])
def test_an_upload_becomes_a_video_as_long_as_its_source(
    site: VodSite, short_film: Path, segment_format: str, kind: str
) -> None:
    site.put("talk.mp4", short_film)
    worker = site.start(segment_format=segment_format)
    until(lambda: done(site), "the message is gone")
    assert site.masters() == [MASTER]
    top = site.download(MASTER)
    text = (top / "master.m3u8").read_text()
    variants = hls_rules.variants(text)
    sizes = [each.get("RESOLUTION", "audio") for each in variants.values()]
    assert sizes == ["320x160", "audio"]  # never more than the source has, and not padded to 16:9
    for uri in variants:
        assert hls_rules.broken_in_media((top / uri).read_text()) == []
        assert seconds_of(top / uri) == pytest.approx(seconds_of(short_film), abs=0.15)
    broken = [each for each in hls_rules.broken_in_master(text) if "audio/index.m3u8: no RESOLUTION" not in each]
    assert broken == []
    assert all("mp4a.40.2" in each["CODECS"] for each in variants.values())
    kinds = {site.s3.head_object(Bucket=site.egress, Key=key)["ContentType"] for key in site.objects()}
    assert kinds == {"application/vnd.apple.mpegurl", kind}
    assert site.waiting(site.dead) == 0
    assert worker.said("published")


def test_what_is_served_says_its_type_and_how_long_it_lasts(site: VodSite, short_film: Path) -> None:
    site.put("talk.mp4", short_film)
    site.start()
    until(lambda: done(site), "the message is gone")
    heads = {key: site.s3.head_object(Bucket=site.egress, Key=key) for key in site.objects()}
    assert {head["ContentType"] for head in heads.values()} == {"application/vnd.apple.mpegurl", "video/mp2t"}
    assert heads[MASTER]["CacheControl"] == "public, max-age=60"
    assert {head["CacheControl"] for key, head in heads.items() if key != MASTER} == {
        "public, max-age=31536000, immutable"
    }


ODD = ["folder/day 1+2.final.mp4", "Äpfel & Öl/été – 100%.MP4", "a.b.mp4", "b.mp4"]


def test_names_of_every_kind_are_found_and_never_meet(site: VodSite, short_film: Path) -> None:
    for key in ODD:
        site.put(key, short_film)
    site.start()
    until(lambda: done(site), "all messages are gone")
    assert site.masters() == sorted(names.master_key(names.asset_name(key)) for key in ODD)
    assert site.waiting(site.dead) == 0


def test_the_same_message_again_changes_nothing(site: VodSite, short_film: Path) -> None:
    site.put("talk.mp4", short_film)
    worker = site.start()
    until(lambda: done(site), "the message is gone")
    before = {key: site.s3.head_object(Bucket=site.egress, Key=key)["LastModified"] for key in site.objects()}
    site.put("talk.mp4", short_film)
    until(lambda: worker.said("unchanged") and done(site), "the second message is gone")
    assert {key: site.s3.head_object(Bucket=site.egress, Key=key)["LastModified"] for key in site.objects()} == before


def test_a_replaced_source_replaces_its_video(site: VodSite, short_film: Path, tmp_path: Path) -> None:
    site.put("talk.mp4", short_film)
    site.start()
    until(lambda: done(site), "the message is gone")
    before = site.text(MASTER)
    site.put("talk.mp4", film(tmp_path / "other.mp4", 2))
    until(lambda: done(site) and site.text(MASTER) != before, "the other is published")
    top = site.download(MASTER)
    [first, *_] = hls_rules.master_uris(site.text(MASTER))
    assert seconds_of(top / first) == pytest.approx(2, abs=0.15)
    assert all((top / uri).is_file() for uri in hls_rules.master_uris(before))  # who is watching goes on


def test_sigterm_hands_the_message_back_at_once(site: VodSite, long_film: Path) -> None:
    site.put("talk.mp4", long_film)
    first = site.start(visibility_seconds=600)
    until(first.working, "it encodes")
    first.end()
    assert first.said("handed back")
    assert site.objects() == []
    got = site.sqs.receive_message(QueueUrl=site.queue, VisibilityTimeout=0)
    assert len(got["Messages"]) == 1  # ten minutes before its time


def test_after_sigkill_another_worker_takes_over(site: VodSite, long_film: Path) -> None:
    site.put("talk.mp4", long_film)
    first = site.start()
    until(first.working, "it encodes")
    first.process.send_signal(signal.SIGKILL)
    first.process.wait()
    assert site.objects() == []
    assert site.waiting() == 1
    site.start()
    until(lambda: done(site), "another worker has done it")
    assert site.masters() == [MASTER]
    assert site.waiting(site.dead) == 0


def test_a_job_longer_than_its_visibility_stays_with_its_worker(site: VodSite, long_film: Path) -> None:
    site.put("talk.mp4", long_film)
    first = site.start(visibility_seconds=2)
    second = site.start(visibility_seconds=2)
    until(lambda: done(site), "it is done")
    assert sorted(worker.said("began") for worker in (first, second)) == [False, True]


@pytest.mark.parametrize("kind", ["text", "cut", "playlist"])
def test_a_broken_file_goes_to_the_dead_letters_after_its_tries(
    kind: str, site: VodSite, short_film: Path, tmp_path: Path
) -> None:
    whole = short_film.read_bytes()
    secret = tmp_path / "secret.ts"
    secret.write_bytes(b"not to be read")
    contents = {
        "text": b"this is no video",
        "cut": whole[: len(whole) * 2 // 3],  # its index is in front, so it opens, and ends too soon
        "playlist": f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{secret}\n#EXT-X-ENDLIST\n".encode(),
    }
    file = tmp_path / "broken.mp4"
    file.write_bytes(contents[kind])
    site.put("talk.mp4", file)
    worker = site.start()
    until(lambda: site.waiting(site.dead) == 1, "it is among the dead letters")
    assert site.objects() == []
    assert [each["tries"] for each in worker.events() if each["event"] == "failed"] == [1, 2]


def test_a_full_disk_publishes_nothing_and_loses_nothing(site: VodSite, tmp_path: Path) -> None:
    coarse = film(tmp_path / "coarse.mp4", 3, quality=51, silent=True)
    site.put("talk.mp4", coarse)
    # Room for the source, and for no rendition of it, which is one segment and larger.
    limit = small_files(coarse.stat().st_size + 1)
    worker = site.start(before=limit, retry_seconds=600, segment_seconds=10)
    until(lambda: worker.said("failed"), "it fails")
    worker.end()
    assert site.objects() == []
    assert site.waiting() == 1
    assert list((site.folder / "work0").rglob("*.ts")) == []


def test_the_test_message_and_other_files_are_passed_over(site: VodSite, short_film: Path) -> None:
    site.sqs.send_message(QueueUrl=site.queue, MessageBody=json.dumps({"Service": "S3", "Event": "s3:TestEvent"}))
    site.put("notes.txt", short_film)
    worker = site.start()
    until(lambda: done(site) and worker.said("ignored"), "both are passed over")
    assert site.objects() == []
    assert site.waiting(site.dead) == 0


def test_one_event_recorded_twice_becomes_one_video(site: VodSite, short_film: Path) -> None:
    worker = site.start(twin_wait_seconds=4)  # before the uploads: on a busy machine it takes its time to start
    until(lambda: worker.said("worker"), "the worker looks for messages")
    site.put("recordings/demo/1700000000_1000_primary.mp4", short_film)  # cut off: the backup has more
    site.put("recordings/demo/1700000001_9000_backup.mp4", short_film)
    until(lambda: done(site), "both are dealt with")
    assert site.masters() == [names.master_key("demo/demo-1700000001")]
    assert [each["event"] for each in worker.events()].count("superseded") == 1
    assert worker.said("waits")
