"""The sample service's program, which says on which instance it runs. Given to a bare Python image as its command.

Asked to stop it answers what it has begun, and ends: that is what a drain gives it time for.
"""

from __future__ import annotations

import os
import signal
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class Hello(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = f"hello from {Path(os.environ['INSTANCE_ID_FILE']).read_text().strip()}\n".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *given: object) -> None:
        """Nothing: health checks come every five seconds."""


class Server(ThreadingHTTPServer):
    daemon_threads = False  # so that closing waits for the answers that are under way


def main() -> None:
    server = Server((os.environ.get("HOST", ""), int(os.environ.get("PORT", "8080"))), Hello)
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    server.serve_forever(poll_interval=0.2)
    server.server_close()


if __name__ == "__main__":
    main()
