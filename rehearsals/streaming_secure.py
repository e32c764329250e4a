"""Origins that take encoders in by RTMPS and SRT, and what a test of that needs: a certificate, a stranger."""

from __future__ import annotations

import dataclasses
import json
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from refarch.streaming.data_plane.settings import OriginSettings
from rehearsals.streaming_processes import KEY, Site, free_port, get, wait_for

PHRASE = "passphrase-of-the-rehearsal"


class SecureSite(Site):
    """Origins that take encoders in by RTMPS and SRT besides."""

    def origin_settings(self, name: str, peer: str) -> OriginSettings:
        for what in ("rtmps", "inner", "srt"):
            self.ports.setdefault(f"{name}-{what}", free_port() if what != "srt" else free_udp_port())
        return dataclasses.replace(
            super().origin_settings(name, peer),
            rtmps_listen=f"127.0.0.1:{self.ports[f'{name}-rtmps']}",
            rtmps_inner_port=self.ports[f"{name}-inner"],
            certificate_file=str(self.folder / "certificate.pem"),
            srt_listen=f"127.0.0.1:{self.ports[f'{name}-srt']}",
            srt_passphrase_file=str(self.folder / "passphrase"),
            srt_latency_ms=120,
        )

    def rtmps(self, who: str, stream: str, key: str = KEY) -> str:
        return f"rtmps://127.0.0.1:{self.ports[f'{who}-rtmps']}/live/{stream}?key={key}"

    def srt(self, who: str, stream: str, key: str = KEY, passphrase: str = PHRASE) -> str:
        port = self.ports[f"{who}-srt"]
        return f"srt://127.0.0.1:{port}?streamid=live/{stream}?key={key}&passphrase={passphrase}"

    def waits_for(self, who: str, stream: str) -> None:
        wait_for(f"{stream} at the {who}", lambda: get(f"{self.base(who)}/hls/{stream}.m3u8")[0] == 200)


def free_udp_port() -> int:
    with socket.socket(type=socket.SOCK_DGRAM) as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def certificate(folder: Path, name: str = "localhost") -> str:
    """Self-signed: chain and key in one text, as the secret gives them."""
    key, chain = folder / "key.pem", folder / "chain.pem"
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "2",
        "-subj",
        f"/CN={name}",
    ]
    subprocess.run([*command, "-keyout", str(key), "-out", str(chain)], check=True, capture_output=True)
    return chain.read_text() + key.read_text()


def as_secret(pem: str) -> str:
    chain, mark, key = pem.partition("-----BEGIN PRIVATE KEY-----")
    return json.dumps({"certificate": chain, "private_key": mark + key})


@contextmanager
def stranger(port: int) -> Iterator[int]:
    """A port from which connections reach `port` as if they came from another address, 127.0.0.2."""
    server = socket.create_server(("127.0.0.1", 0))

    def pump(one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while data := one.recv(65536):
                other.sendall(data)
        with suppress(OSError):
            other.shutdown(socket.SHUT_WR)

    def accept() -> None:
        with suppress(OSError):
            while True:
                near, _ = server.accept()
                far = socket.create_connection(("127.0.0.1", port), source_address=("127.0.0.2", 0))
                for pair in ((near, far), (far, near)):
                    threading.Thread(target=pump, args=pair, daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield server.getsockname()[1]
    finally:
        server.close()
