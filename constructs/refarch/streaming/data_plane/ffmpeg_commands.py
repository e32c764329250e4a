"""The ffmpeg command lines, as lists of words. Decisions: nothing is run in here.

What each odd option is for was measured with Debian 12's ffmpeg 5.1.
"""

from __future__ import annotations

from collections.abc import Sequence

from refarch.streaming.data_plane.clock import Start
from refarch.streaming.data_plane.ladder import BUFFER_SECONDS, Rendition

FFMPEG = "/usr/bin/ffmpeg"
QUIET = (FFMPEG, "-hide_banner", "-nostdin", "-nostats", "-loglevel", "warning")
FILES_KEPT = 20


def packager(
    source_url: str,
    renditions: Sequence[Rendition],
    start: Start,
    *,
    has_audio: bool,
    fragment_ms: int,
    preset: str,
    threads: int,
    folder: str,
) -> list[str]:
    """Cut the stream at `source_url` into numbered fragments, in one folder a rendition."""
    names = " ".join(f"v:{i}{f',a:{i}' if has_audio else ''},name:{each.name}" for i, each in enumerate(renditions))
    return [
        *_input(source_url),
        *_scaled(renditions),
        *("-ss", f"{start.stream_time / 1000:.3f}"),
        *("-output_ts_offset", f"{(start.stream_time + start.media_offset) / 1000:.3f}"),
        *_encoders(renditions, has_audio, preset, threads),
        *("-f", "hls", "-hls_time", f"{fragment_ms / 1000:g}", "-hls_list_size", str(FILES_KEPT)),
        *("-hls_flags", "temp_file+omit_endlist", "-start_number", str(start.number)),
        *("-muxdelay", "0", "-muxpreload", "0", "-var_stream_map", names),
        *("-hls_segment_filename", f"{folder}/%v/%d.ts", f"{folder}/%v/index.m3u8"),
    ]


def loopback(
    source_url: str,
    renditions: Sequence[Rendition],
    start: Start,
    *,
    has_audio: bool,
    preset: str,
    threads: int,
    target_url: str,
) -> list[str]:
    """Send the renditions back into the server, as the post does: one stream each, `<target_url>_<rendition>`."""
    targets = [f"{target_url}_{each.name}" for each in renditions]
    return frames(source_url, renditions, start, has_audio=has_audio, preset=preset, threads=threads, targets=targets)


def frames(
    source_url: str,
    renditions: Sequence[Rendition],
    start: Start,
    *,
    has_audio: bool,
    preset: str,
    threads: int,
    targets: Sequence[str],
) -> list[str]:
    """Each rendition as FLV to its target, a frame at a time, with the times that the encoder gave them."""
    words = _input(source_url)
    audio = ["-map", "0:a", "-c:a", "copy"] if has_audio else []
    for each, target in zip(renditions, targets, strict=True):
        # All encoders begin with the same picture on both origins, or their rate controls would differ.
        at = f"{start.stream_time / 1000:.3f}"
        words += ["-ss", at, "-output_ts_offset", at, "-map", "0:v", *audio]
        if each.passed_through:
            words += ["-c:v", "copy"]
        else:
            words += ["-vf", f"scale={each.width}:{each.height}", *_encoder("", each, preset, threads)]
        words += ["-f", "flv", "-flvflags", "no_duration_filesize", "-flush_packets", "1", target]
    return words


def _input(source_url: str) -> list[str]:
    # low_delay: with frame threads the decoder holds pictures back, and the passed-through rendition loses its first.
    # An analysis under half a second sometimes never ends. rw_timeout: blocked in a read, ffmpeg ignores signals.
    options = ["-copyts", "-flags", "low_delay", "-fflags", "+nobuffer+genpts"]
    return [*QUIET, *options, "-analyzeduration", "1000000", "-rw_timeout", "5000000", "-i", source_url]


def _scaled(renditions: Sequence[Rendition]) -> list[str]:
    """One decoder for all encoded renditions."""
    encoded = [(i, each) for i, each in enumerate(renditions) if not each.passed_through]
    if not encoded:
        return []
    inputs = "".join(f"[i{i}]" for i, _ in encoded)
    scales = [f"[i{i}]scale={each.width}:{each.height}[v{i}]" for i, each in encoded]
    return ["-filter_complex", ";".join([f"[0:v]split={len(encoded)}{inputs}", *scales])]


def _encoders(renditions: Sequence[Rendition], has_audio: bool, preset: str, threads: int) -> list[str]:
    words: list[str] = []
    for i, each in enumerate(renditions):
        words += ["-map", "0:v" if each.passed_through else f"[v{i}]", *(["-map", "0:a"] if has_audio else [])]
    for i, each in enumerate(renditions):
        options = [f"-c:v:{i}", "copy"] if each.passed_through else _encoder(f":{i}", each, preset, threads)
        words += options
    return [*words, *(["-c:a", "copy"] if has_audio else [])]


def _encoder(stream: str, rendition: Rendition, preset: str, threads: int) -> list[str]:
    """Rate-controlled (no constant quality beside it, which would win), key frames where the source has them.

    ffmpeg decodes, scales and encodes in one thread, and encoders that slice pictures make it wait. Those that work on
    whole pictures do not: with two and more `threads` a rendition leaves that thread alone, some pictures later.
    """
    specifier = f":v{stream}"
    rate, buffer = f"{rendition.kilobits}k", f"{round(rendition.kilobits * BUFFER_SECONDS)}k"
    options = {
        "-c": "libx264",
        "-b": rate,
        "-maxrate": rate,
        "-bufsize": buffer,
        "-force_key_frames": "source",
        "-fps_mode": "passthrough",
        "-enc_time_base": "-1",
        "-preset": preset,
        "-tune": "zerolatency",
        "-profile": "baseline" if preset == "ultrafast" else "main",
        "-pix_fmt": "yuv420p",
        "-g": "9999",
        "-keyint_min": "1",
        "-sc_threshold": "0",
        "-threads": str(threads),
        "-x264-params": "sliced-threads=0",
    }
    return [word for option, value in options.items() for word in (option + specifier, value)]


def srt_bridge(target_url: str, shift_ms: int) -> list[str]:
    """MPEG-TS from standard input to RTMP, nothing encoded anew, with the encoder's own clock moved by `shift_ms`."""
    return [
        *(QUIET[0], "-hide_banner", "-nostats", "-loglevel", "warning", "-copyts"),
        *("-f", "mpegts", "-analyzeduration", "1000000", "-i", "pipe:0", "-map", "0:v:0", "-map", "0:a:0?"),
        *("-c", "copy", "-output_ts_offset", f"{shift_ms / 1000:.3f}"),
        *("-f", "flv", "-flvflags", "no_duration_filesize", target_url),
    ]


def test_source(
    urls: Sequence[str],
    *,
    picture: str,
    fps: int,
    kilobits: int,
    keyframe_seconds: int,
    preset: str,
) -> list[str]:
    """`picture` (a filter graph) and a beeping tone to every URL, in one encode; one that is down disturbs no other."""
    every = str(fps * keyframe_seconds)
    tone = "sine=frequency=440:beep_factor=4:sample_rate=48000"
    return [
        *QUIET,
        *("-re", "-f", "lavfi", "-i", picture, "-re", "-f", "lavfi", "-i", tone, "-map", "0:v", "-map", "1:a"),
        *("-c:v", "libx264", "-preset", preset, "-tune", "zerolatency"),
        *("-profile:v", "baseline", "-pix_fmt", "yuv420p"),
        *("-b:v", f"{kilobits}k", "-maxrate", f"{kilobits}k", "-bufsize", f"{kilobits}k"),
        *("-g", every, "-keyint_min", every, "-sc_threshold", "0", "-threads", "1"),
        *("-c:a", "aac", "-b:a", "64k", "-ac", "2", "-flags", "+global_header", "-f", "tee"),
        "|".join(f"[{FIFO}]{url}" for url in urls),
    ]


# Each output has a queue of its own and connects again by itself, a second after an origin is back.
FIFO = (
    "f=fifo:fifo_format=flv:format_opts=flvflags=no_duration_filesize:onfail=ignore:queue_size=200"
    ":drop_pkts_on_overflow=1:attempt_recovery=1:recover_any_error=1:recovery_wait_time=1:restart_with_keyframe=1"
)
