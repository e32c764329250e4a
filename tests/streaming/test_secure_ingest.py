"""Encoders by RTMPS and SRT: encrypted, with the same keys, and with the same segments from both origins."""

from __future__ import annotations

import os
import signal
import ssl
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from refarch.streaming.instance import refresh
from refarch.streaming.instance.plan import Plan, SecretFile
from rehearsals.streaming_processes import KEY, Role, wait_for
from rehearsals.streaming_secure import PHRASE, SecureSite, as_secret, certificate, stranger
from rehearsals.streaming_watcher import served_files

pytestmark = pytest.mark.rehearsal
WHO = ("primary", "backup")


def listens(role: Role) -> None:
    wait_for("SRT", lambda: role.events("srt"))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, programs: None) -> Iterator[SecureSite]:
    # Fragmented MP4: with MPEG-TS, packet counters tell how long an origin has been at it.
    quick = {"fragment_seconds": 1, "rungs": "", "segment_format": "fmp4"}
    site = SecureSite(tmp_path_factory.mktemp("secure"), origin_options=quick)
    with site:
        (site.folder / "certificate.pem").write_text(certificate(site.folder))
        (site.folder / "passphrase").write_text(PHRASE + "\n")
        site.start_origins()
        for who in WHO:
            listens(site.roles[who])
        yield site


PICTURE = ["-re", "-f", "lavfi", "-i", "testsrc=size=320x160:rate=10", "-re", "-f", "lavfi", "-i", "sine=r=48000"]
ENCODED = ["-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-pix_fmt", "yuv420p", "-b:v", "200k", "-g", "5"]
SOUND = ["-keyint_min", "5", "-sc_threshold", "0", "-c:a", "aac", "-b:a", "64k", "-map", "0", "-map", "1:a"]
Encoders = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def encoder() -> Iterator[Encoders]:
    """Key frames twice a second, pictures out of their order (B-frames) as real encoders send them."""
    running: list[subprocess.Popen[bytes]] = []

    def start(*output: str) -> subprocess.Popen[bytes]:
        command = ["ffmpeg", "-v", "error", "-nostdin", *PICTURE, "-t", "90", *ENCODED, *SOUND, *output]
        running.append(subprocess.Popen(command, stderr=subprocess.DEVNULL))
        return running[-1]

    yield start
    for each in running:
        each.terminate()  # it says goodbye
        each.wait(30)


def told(site: SecureSite, event: str, stream: str) -> list[dict[str, Any]]:
    return [each for each in site.roles["primary"].events(event) if each["stream"] == stream]


def plays(url: str) -> bool:
    return (
        subprocess.run(["ffprobe", "-v", "quiet", "-rw_timeout", "9000000", url], timeout=60, check=False).returncode
        == 0
    )


def test_over_tls_a_key_counts_and_the_address_of_who_comes(site: SecureSite, encoder: Encoders) -> None:
    """TLS ends on the origin, which may play its own streams: a stranger must not seem to be the origin."""
    encoder("-f", "flv", site.rtmps("primary", "secure"))
    wait_for("the encoder", lambda: told(site, "publishing", "secure"))
    with stranger(site.ports["primary-rtmps"]) as port:
        strange = f"rtmps://127.0.0.1:{port}/live"
        assert plays(site.rtmps("primary", "secure"))
        assert not plays(f"{strange}/secure")
        assert encoder("-f", "flv", f"{strange}/other?key=wrong").wait(60) != 0
    [refused] = told(site, "refused", "other")
    assert (refused["address"], refused["why"]) == ("127.0.0.2", "wrong or missing publish key")
    plain = site.rtmps("primary", "other").replace("rtmps:", "rtmp:")
    assert encoder("-f", "flv", plain).wait(60) != 0


# As encoders do: one encode to both, each with a queue of a second, and again where a connection broke.
BOTH = "f=fifo:fifo_format=mpegts:onfail=ignore:queue_size=60:drop_pkts_on_overflow=1:attempt_recovery=1"
AGAIN = "recover_any_error=1:recovery_wait_time=1:restart_with_keyframe=1"


def test_over_srt_both_origins_make_the_same_segments_whenever_each_joined(site: SecureSite, encoder: Encoders) -> None:
    """Of an encoder whose clock began anywhere; and nobody else gets in under its name meanwhile."""
    points = "|".join(f"[{BOTH}:{AGAIN}]{site.srt(who, 'contribution')}" for who in WHO)
    encoder("-output_ts_offset", "7654.321", "-f", "tee", points)
    backup = site.roles["backup"]
    wait_for("the encoder at the backup", lambda: backup.events("srt encoder"))
    [ingest] = [each["pid"] for each in backup.events("started") if each["program"] == "srt"]
    os.kill(ingest, signal.SIGKILL)
    wait_for("the encoder there again", lambda: len(backup.events("srt encoder")) == 2)
    for who in WHO:
        site.waits_for(who, "contribution")
    assert encoder("-f", "mpegts", site.srt("primary", "contribution")).wait(60) != 0
    assert [each["why"] for each in told(site, "refused", "contribution")] == ["another encoder publishes this stream"]

    def served() -> list[dict[str, bytes]]:
        return [served_files(site.folder / who / "run", "contribution", "src") for who in WHO]

    wait_for("four segments at both, and how they begin", lambda: len(served()[0].keys() & served()[1].keys()) >= 5)
    ours, theirs = served()
    assert {name for name in ours.keys() & theirs.keys() if ours[name] != theirs[name]} == set()


@pytest.mark.parametrize(
    ("stream", "wrong", "why"),
    [
        ("nobody", {"key": "wrong"}, "wrong or missing publish key"),
        ("Up_per", {}, "a stream's name is 1 to 40 lowercase letters and digits"),
        ("locked", {"passphrase": "another-passphrase"}, None),
    ],
)
def test_over_srt_who_has_no_key_or_passphrase_stays_out(
    site: SecureSite, encoder: Encoders, stream: str, wrong: dict[str, str], why: str | None
) -> None:
    assert encoder("-f", "mpegts", site.srt("primary", stream, **wrong)).wait(60) != 0
    assert [each["why"] for each in told(site, "refused", stream)] == ([why] if why else [])
    assert len(told(site, "srt calling", f"live/{stream}")) == (0 if why else 1)
    assert told(site, "srt encoder", f"live/{stream}") == []


def test_an_srt_encoder_that_went_without_a_word_may_come_again(site: SecureSite, encoder: Encoders) -> None:
    first = encoder("-f", "mpegts", site.srt("primary", "again"))
    wait_for("the encoder", lambda: told(site, "publishing", "again"))
    first.kill()
    wait_for("that it is missed", lambda: told(site, "srt encoder left", "live/again"))
    encoder("-f", "mpegts", site.srt("primary", "again"))
    wait_for("the encoder again", lambda: len(told(site, "publishing", "again")) == 2)


def test_rotated_secrets_count_and_cut_nobody_off(site: SecureSite, encoder: Encoders, tmp_path: Path) -> None:
    """The keys, the passphrase and the certificate, as the refresh program brings them to a running origin."""
    secrets = {
        "keys": "rotated-key",
        "passphrase": "another-passphrase",
        "certificate": as_secret(certificate(tmp_path, "renewed")),
    }
    forms = {"keys": "keys.json", "passphrase": "passphrase", "certificate": "certificate.pem"}
    kept = tuple(
        SecretFile(str(site.folder / file), name, "publish_keys" if name == "keys" else name)
        for name, file in forms.items()
    )
    running = encoder("-f", "flv", site.rtmps("primary", "longlived"))
    wait_for("the encoder", lambda: told(site, "publishing", "longlived"))
    role = site.roles["primary"]
    assert role.process is not None
    process = role.process

    def tell() -> bool:
        process.send_signal(signal.SIGHUP)  # as systemctl reload does
        return True

    refresh.look(Plan("origin", {}, secrets=kept), secrets.__getitem__, tell)
    at = ("127.0.0.1", site.ports["primary-rtmps"])
    wait_for(
        "the new certificate",
        lambda: ssl.get_server_certificate(at).strip() in secrets["certificate"].replace("\\n", "\n"),
    )
    assert encoder("-f", "flv", site.rtmps("primary", "late", key=KEY)).wait(60) != 0
    encoder("-f", "flv", site.rtmps("primary", "late", key="rotated-key"))
    encoder("-f", "mpegts", site.srt("primary", "later", key="rotated-key", passphrase="another-passphrase"))
    wait_for("the new key over TLS", lambda: told(site, "publishing", "late"))
    wait_for("the new key and passphrase over SRT", lambda: told(site, "publishing", "later"))
    assert encoder("-f", "mpegts", site.srt("primary", "latest", key="rotated-key")).wait(60) != 0
    assert running.poll() is None
    assert told(site, "encoder left", "live/longlived") == []
