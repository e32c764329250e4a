"""What nginx-rtmp knows about a publisher: its picture and its clock."""

from __future__ import annotations

import urllib.request
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from dataclasses import dataclass

from refarch.streaming.data_plane.ladder import Source


def release(port: int, application: str, name: str) -> None:
    """Close the packager's connection, so that it ends in an orderly way: it would wait for another encoder."""
    asked = f"http://127.0.0.1:{port}/control/drop/subscriber?app={application}&name={name}"
    with urllib.request.urlopen(asked, timeout=1):
        return


@dataclass(frozen=True)
class Publisher:
    """An encoder at work: its picture, and the time stamp (ms) of its newest frame."""

    source: Source
    stamp: int


def fetch(port: int) -> str:
    """nginx-rtmp's statistics as XML. Raises `OSError` where nginx does not answer within a second."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/stat", timeout=1) as answer:
        return str(answer.read().decode())


def publisher(xml: str, application: str, name: str) -> Publisher | None:
    """The publisher of a stream; None while there is none, or nginx has not yet seen a frame of it.

    Headers come first, under the stamp 0, whatever the encoder's clock says: 0 is no frame that has come.
    """
    for found in _applications(xml):
        if found.findtext("name") != application:
            continue
        for stream in found.iterfind("live/stream"):
            if stream.findtext("name") == name:
                return _publisher(stream)
    return None


def publishing(xml: str) -> set[tuple[str, str]]:
    """(application, name) of every stream that has an encoder."""
    return {
        (found.findtext("name") or "", stream.findtext("name") or "")
        for found in _applications(xml)
        for stream in found.iterfind("live/stream")
        if stream.find("publishing") is not None
    }


def _applications(xml: str) -> Iterator[ElementTree.Element]:
    return ElementTree.fromstring(xml).iterfind(".//application")  # noqa: S314 - written by our own nginx


def _publisher(stream: ElementTree.Element) -> Publisher | None:
    video = stream.find("meta/video")
    clients = [client for client in stream.iterfind("client") if client.find("publishing") is not None]
    stamp = int(clients[0].findtext("timestamp") or 0) if clients else 0
    if video is None or not stamp or not int(video.findtext("width") or 0):
        return None
    has_audio = bool(stream.findtext("meta/audio/codec"))
    fps = float(video.findtext("frame_rate") or 0) or 30.0
    source = Source(int(video.findtext("width") or 0), int(video.findtext("height") or 0), fps, has_audio)
    return Publisher(source, stamp)
