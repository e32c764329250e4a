"""A page that says which processor answered. Runs inside a container, on the standard library."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from os import environ
from platform import machine


class Page(BaseHTTPRequestHandler):
    """The same answer to every GET."""

    def do_GET(self) -> None:
        body = f"hello from {machine()}\n".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Health checks would fill the log."""


if __name__ == "__main__":
    ThreadingHTTPServer((environ.get("ADDRESS", ""), int(environ.get("PORT", "8080"))), Page).serve_forever()
