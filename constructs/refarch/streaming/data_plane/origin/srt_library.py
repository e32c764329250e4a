"""libsrt, the SRT project's own library, as far as a listener needs it. Debian's ffmpeg brings it.

ffmpeg's own SRT listener takes one caller and cannot see its stream id, so every stream would need a port of its own,
and its passphrase would stand in the list of processes. Through the library one port takes every stream.
"""

from __future__ import annotations

import ctypes
import functools
import socket
from collections.abc import Callable
from dataclasses import dataclass

LIBRARY = "libsrt-gnutls.so.1.5"
LARGEST_MESSAGE = 1456
REFUSED, IN_USE = 1403, 1409
"""Reasons that the caller is told: HTTP's numbers for forbidden and conflict, above 1000, as SRT's document says."""
# Options of srt.h: numbers of the library's binary interface, the same in every release of 1.x.
_RECEIVE_LATENCY, _PASSPHRASE, _STREAM_ID, _PEER_IDLE = 43, 26, 46, 55
_PEER_ADDRESS = ctypes.c_char * 16
_LONGEST_STREAM_ID = 513
_ONLY_CRITICAL = 2
_HOOK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p)


class SrtError(OSError):
    """The library refused a call; the message is its own."""


@dataclass(frozen=True)
class Admission:
    """What is said to a caller: come in with this `passphrase`, or why not (`reason`, one of the numbers above)."""

    passphrase: str = ""
    reason: int = 0


@functools.cache
def _library() -> ctypes.CDLL:
    found = ctypes.CDLL(LIBRARY)
    found.srt_getlasterror_str.restype = ctypes.c_char_p
    found.srt_listen_callback.argtypes = [ctypes.c_int, _HOOK, ctypes.c_void_p]
    found.srt_recvmsg.argtypes = [ctypes.c_int, ctypes.c_char_p, ctypes.c_int]
    found.srt_startup()
    found.srt_setloglevel(_ONLY_CRITICAL)  # a refused caller is no error of ours
    return found


class Connection:
    """One encoder. `receive` gives its messages until it goes."""

    def __init__(self, handle: int, address: str) -> None:
        self.address = address
        self._handle = handle
        self._buffer = ctypes.create_string_buffer(LARGEST_MESSAGE)

    @property
    def stream_id(self) -> str:
        text, length = ctypes.create_string_buffer(_LONGEST_STREAM_ID), ctypes.c_int(_LONGEST_STREAM_ID)
        _checked(_library().srt_getsockflag(self._handle, _STREAM_ID, text, ctypes.byref(length)))
        return text.raw[: length.value].decode(errors="replace")

    def receive(self) -> bytes:
        """The next message; empty when the encoder has gone. Blocks."""
        length = _library().srt_recvmsg(self._handle, self._buffer, LARGEST_MESSAGE)
        return self._buffer.raw[:length] if length > 0 else b""

    def close(self) -> None:
        _library().srt_close(self._handle)


class Listener:
    """Takes callers at `host`:`port` (IPv4). `admit` is asked for each, with its stream id and address, beforehand.

    Raises `SrtError` where the port is taken, and `OSError` where there is no such library.
    """

    def __init__(self, host: str, port: int, *, latency_ms: int, admit: Callable[[str, str], Admission]) -> None:
        library = _library()
        self._handle = _checked(library.srt_create_socket())
        self._admit = admit
        self._hook = _HOOK(self._asked)  # kept: the library holds no reference
        self._set(_RECEIVE_LATENCY, latency_ms)
        self._set(_PEER_IDLE, 3000)
        _checked(library.srt_bind(self._handle, _address(host, port), 16))
        _checked(library.srt_listen_callback(self._handle, self._hook, None))
        _checked(library.srt_listen(self._handle, 16))

    def accept(self) -> Connection:
        """The next admitted caller. Blocks."""
        address, length = _PEER_ADDRESS(), ctypes.c_int(16)
        handle = _checked(_library().srt_accept(self._handle, address, ctypes.byref(length)))
        return Connection(handle, _text(address.raw))

    def close(self) -> None:
        _library().srt_close(self._handle)

    def _set(self, option: int, value: int) -> None:
        _checked(_library().srt_setsockflag(self._handle, option, ctypes.byref(ctypes.c_int(value)), 4))

    def _asked(self, _: int, handle: int, __: int, address: int, stream_id: bytes | None) -> int:
        """On a thread of the library's. Whatever goes wrong in here refuses the caller."""
        try:
            answer = self._admit((stream_id or b"").decode(errors="replace"), _text(ctypes.string_at(address, 16)))
            if answer.reason:
                _library().srt_setrejectreason(handle, answer.reason)
                return -1
            word = answer.passphrase.encode()
            return 0 if _library().srt_setsockflag(handle, _PASSPHRASE, word, len(word)) == 0 else -1
        except Exception:  # an exception cannot pass through the library
            return -1


def _address(host: str, port: int) -> bytes:
    """struct sockaddr_in."""
    return socket.AF_INET.to_bytes(2, "little") + port.to_bytes(2, "big") + socket.inet_aton(host) + bytes(8)


def _text(address: bytes) -> str:
    return socket.inet_ntoa(address[4:8])


def _checked(result: int) -> int:
    if result < 0:
        raise SrtError(_library().srt_getlasterror_str().decode(errors="replace"))
    return result
