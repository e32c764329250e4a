"""`python3 -m refarch.streaming.vod <worker|uploader> <settings.json>`: run a program until SIGTERM."""

from __future__ import annotations

import sys
from pathlib import Path

from refarch.streaming.data_plane.problems import InvalidSettingsError
from refarch.streaming.vod import uploader, worker
from refarch.streaming.vod.settings import UploaderSettings, WorkerSettings, load


def main(arguments: list[str]) -> int:
    if len(arguments) != 2 or arguments[0] not in ("worker", "uploader"):
        print("usage: python3 -m refarch.streaming.vod {worker,uploader} SETTINGS.json", file=sys.stderr)
        return 2
    try:
        if arguments[0] == "worker":
            return worker.main(load(WorkerSettings, Path(arguments[1])))
        return uploader.main(load(UploaderSettings, Path(arguments[1])))
    except (InvalidSettingsError, OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
