"""The data plane as files for an instance: where each goes below the folder that becomes its PYTHONPATH."""

from __future__ import annotations

from pathlib import Path

import refarch

PACKAGES = {
    "origin": ("nginx", "libnginx-mod-rtmp", "libnginx-mod-stream", "ffmpeg", "libsrt1.5-gnutls"),
    "edge": ("nginx",),
    "test_source": ("ffmpeg", "fonts-dejavu-core"),
}
"""Debian 12's packages of each role, beside python3 and util-linux, which its image has."""
UNIT = "refarch/streaming/data_plane/systemd/refarch-streaming@.service"
_ROOT = Path(refarch.__file__).parent
_HIDDEN = ("__pycache__", ".")


def data_plane_files() -> dict[str, Path]:
    """Path on the instance → file here: the data plane, and the two packages it lies in. No aws_cdk, no wheel."""
    files = [_ROOT / "__init__.py", _ROOT / "streaming" / "__init__.py"]
    files += [path for path in sorted((_ROOT / "streaming" / "data_plane").rglob("*")) if path.is_file()]
    named = {path.relative_to(_ROOT.parent).as_posix(): path for path in files}
    return {
        name: path for name, path in named.items() if not any(part.startswith(_HIDDEN) for part in Path(name).parts)
    }
