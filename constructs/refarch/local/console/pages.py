"""The files of the page, as they lie in the package: no build step, nothing from elsewhere."""

from __future__ import annotations

from pathlib import Path

from refarch.local import control

FOLDER = Path(__file__).parent / "page"
ROUTE = "console/"
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
# Only the page's own files run; no other page can show it in a frame.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def install() -> None:
    """Register the page, and the address without the last slash."""
    control.register("GET", ROUTE, serve)
    control.register("GET", "console", lambda _: control.Answer(b"", status=307, headers={"location": ROUTE}))


def serve(request: control.Request) -> control.Answer:
    """One file of the page."""
    name = request.path.removeprefix(control.PREFIX + ROUTE) or "index.html"
    file = FOLDER / name
    if ".." in Path(name).parts or file.suffix not in TYPES or not file.is_file():
        return control.Answer(b"no such file", "text/plain; charset=utf-8", 404)
    headers = {"content-security-policy": POLICY, "referrer-policy": "no-referrer"}
    return control.Answer(file.read_bytes(), TYPES[file.suffix], headers=headers)
