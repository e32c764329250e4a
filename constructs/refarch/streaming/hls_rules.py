"""The rules of RFC 8216 that matter for a live stream, on the text of playlists. Each check returns what is broken."""

from __future__ import annotations

import re
from collections.abc import Mapping

_ATTRIBUTE = re.compile(r'([A-Z0-9-]+)=("[^"\r\n]*"|[^,"\s]+)(?:,|$)')
_CODEC = re.compile(r"^(avc1\.[0-9a-f]{6}|mp4a\.40\.[0-9]+)$")
_MINIMUM_TARGETS = 3
_FMP4_ENDINGS = (".m4s", ".mp4")
_MAP_VERSION = 6


def master_uris(text: str) -> list[str]:
    """The addresses of the variants, in the order of the playlist."""
    return [uri for _, uri in _variants(text)]


def variants(text: str) -> dict[str, dict[str, str]]:
    """Address → attributes (quotes taken off) of each variant."""
    return {uri: attributes for attributes, uri in _variants(text)}


def broken_in_master(text: str) -> list[str]:
    """What breaks a rule in a master playlist: 4.3.4.2, and 4.1 for the file itself."""
    found = _broken_in_any(text)
    listed = _variants(text)
    if not listed:
        found.append("no variants")
    if "#EXTINF" in text or "#EXT-X-TARGETDURATION" in text:
        found.append("tags of a media playlist in a master playlist (4.1)")
    for attributes, uri in listed:
        found += [f"{uri or 'a variant'}: {what}" for what in _broken_in_variant(attributes, uri)]
    return found


def broken_in_media(text: str) -> list[str]:
    """What breaks a rule in a live media playlist."""
    found = _broken_in_any(text)
    lines = text.splitlines()
    target, lengths = _number(lines, "#EXT-X-TARGETDURATION:"), _lengths(lines)
    if target is None:
        return [*found, "no EXT-X-TARGETDURATION (4.3.3.1)"]
    if lines.count("#EXT-X-ENDLIST") > 1:
        found.append("more than one EXT-X-ENDLIST (4.3.3.4)")
    found += [
        f"a segment of {each:g} s exceeds the target {target:g} s (4.3.3.1)" for each in lengths if round(each) > target
    ]
    found += _broken_in_lines(lines) + _broken_in_maps(lines) + _broken_in_parts(lines)
    if "#EXT-X-STREAM-INF" in text:
        found.append("tags of a master playlist in a media playlist (4.1)")
    return found


def broken_between(before: str, after: str) -> list[str]:
    """What breaks a rule between a media playlist and its next version (6.2.1, 6.2.2)."""
    found = []
    old, new = _numbered(before), _numbered(after)
    if "#EXT-X-ENDLIST" in before and before != after:
        found.append("changed after EXT-X-ENDLIST")
    if _number(before.splitlines(), "#EXT-X-TARGETDURATION:") != _number(after.splitlines(), "#EXT-X-TARGETDURATION:"):
        found.append("EXT-X-TARGETDURATION changed (6.2.1)")
    if old and new and min(new) < min(old):
        found.append(f"the media sequence went back from {min(old)} to {min(new)} (6.2.2)")
    found += [f"segment {n} changed from {old[n]} to {new[n]}" for n in old.keys() & new.keys() if old[n] != new[n]]
    return found


def short_list(text: str) -> bool:
    """Whether a list without an end holds less than three target durations (6.2.2 advises against it)."""
    lines = text.splitlines()
    target = _number(lines, "#EXT-X-TARGETDURATION:") or 0.0
    return "#EXT-X-ENDLIST" not in lines and sum(_lengths(lines)) < _MINIMUM_TARGETS * target


def _broken_in_any(text: str) -> list[str]:
    found = [] if text.startswith("#EXTM3U\n") else ["the first line is not #EXTM3U (4.3.1.1)"]
    if "\ufeff" in text:
        found.append("a byte order mark (4.1)")
    if text.count("#EXT-X-VERSION:") > 1:
        found.append("more than one EXT-X-VERSION (4.3.1.2)")
    version = _number(text.splitlines(), "#EXT-X-VERSION:") or 1
    if version < 3 and re.search(r"#EXTINF:[0-9]+\.", text):
        found.append("fractions of seconds need version 3 (7)")
    return found


def _broken_in_variant(attributes: Mapping[str, str], uri: str) -> list[str]:
    found = [] if uri else ["no address follows EXT-X-STREAM-INF (4.3.4.2)"]
    if not attributes.get("BANDWIDTH", "").isdigit():
        found.append("no BANDWIDTH (4.3.4.2)")
    if not re.fullmatch(r"[0-9]+x[0-9]+", attributes.get("RESOLUTION", "")):
        found.append("no RESOLUTION")
    codecs = attributes.get("CODECS", "")
    if not codecs or not all(_CODEC.match(each) for each in codecs.split(",")):
        found.append(f"CODECS is {codecs!r} (4.3.4.2 advises it, RFC 6381 names it)")
    return found


def _broken_in_lines(lines: list[str]) -> list[str]:
    """Every segment has its EXTINF, every EXTINF its segment, and the media sequence stands before the first."""
    found, waiting, segments = [], False, 0
    for line in lines:
        if line.startswith("#EXTINF:"):
            found += ["an EXTINF without a segment (4.3.2.1)"] if waiting else []
            waiting = True
        elif line.startswith("#EXT-X-MEDIA-SEQUENCE:") and segments:
            found.append("EXT-X-MEDIA-SEQUENCE after a segment (4.3.3.2)")
        elif line and not line.startswith("#"):
            found += [] if waiting else [f"segment {line} without an EXTINF (4.3.2.1)"]
            waiting, segments = False, segments + 1
    return found + (["an EXTINF without a segment (4.3.2.1)"] if waiting else [])


def _broken_in_maps(lines: list[str]) -> list[str]:
    """Fragmented MP4 needs its initialization segment before it, and a version that knows of such (3.3, 4.3.2.5, 7)."""
    found, mapped = [], False
    for line in lines:
        if line.startswith("#EXT-X-MAP:"):
            mapped = bool(_attributes([line], "#EXT-X-MAP:")[0].get("URI"))
            found += [] if mapped else ["an EXT-X-MAP without a URI (4.3.2.5)"]
        elif not line.startswith("#") and line.endswith(_FMP4_ENDINGS) and not mapped:
            found.append(f"segment {line} without an EXT-X-MAP before it (3.3)")
    if mapped and (_number(lines, "#EXT-X-VERSION:") or 1) < _MAP_VERSION:
        found.append(f"EXT-X-MAP needs version {_MAP_VERSION} (7)")
    return found


def _broken_in_parts(lines: list[str]) -> list[str]:
    """Low-latency HLS (RFC 8216bis, 4.4.3.7, 4.4.3.8, 4.4.4.9)."""
    told = {tag: _attributes(lines, f"#EXT-X-{tag}:") for tag in ("PART", "PART-INF", "SERVER-CONTROL")}
    if not told["PART"]:
        return []
    if len(told["PART-INF"]) != 1 or len(told["SERVER-CONTROL"]) != 1:
        return ["parts without one EXT-X-PART-INF and one EXT-X-SERVER-CONTROL"]
    target = float(told["PART-INF"][0].get("PART-TARGET", "0"))
    back = float(told["SERVER-CONTROL"][0].get("PART-HOLD-BACK", "0"))
    found = (
        [] if back >= 2 * target > 0 else [f"PART-HOLD-BACK is {back:g}, allowed: twice the target {target:g} or more"]
    )
    for part in told["PART"]:
        if float(part.get("DURATION", "inf")) > target or not part.get("URI"):
            found.append(
                f"part {part.get('URI')} of {part.get('DURATION')} s exceeds the target {target:g} s, or has no URI"
            )
    return found


def _attributes(lines: list[str], tag: str) -> list[dict[str, str]]:
    found = [line.partition(":")[2] for line in lines if line.startswith(tag)]
    return [{name: value.strip('"') for name, value in _ATTRIBUTE.findall(each)} for each in found]


def _variants(text: str) -> list[tuple[dict[str, str], str]]:
    lines = text.splitlines()
    found = []
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        if line.startswith("#EXT-X-STREAM-INF:"):
            attributes = {name: value.strip('"') for name, value in _ATTRIBUTE.findall(line.partition(":")[2])}
            found.append((attributes, "" if following.startswith("#") else following.strip()))
    return found


def _numbered(text: str) -> dict[int, str]:
    lines = text.splitlines()
    first = int(_number(lines, "#EXT-X-MEDIA-SEQUENCE:") or 0)
    return dict(enumerate((line for line in lines if line and not line.startswith("#")), first))


def _lengths(lines: list[str]) -> list[float]:
    return [float(line.partition(":")[2].partition(",")[0]) for line in lines if line.startswith("#EXTINF:")]


def _number(lines: list[str], tag: str) -> float | None:
    return next((float(line.partition(":")[2]) for line in lines if line.startswith(tag)), None)
