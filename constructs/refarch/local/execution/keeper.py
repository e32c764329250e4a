"""A small process that ends what jobs have started when the local cloud is gone, however it went.

It reads `+<group>` and `-<group>` (process groups that began and ended) and `~<folder>` (scratch to remove) from its
standard input. When that closes, the cloud has ended: it kills the groups that are left and removes the folders.
It runs as a file, without site-packages, and imports nothing of the project.
"""

import contextlib
import os
import shutil
import signal
import sys


def main() -> None:
    groups: set[int] = set()
    folders: set[str] = set()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # whoever ends the cloud's processes must not end their keeper first
    for line in sys.stdin:
        what, value = line[0], line[1:].rstrip("\n")
        if what == "+":
            groups.add(int(value))
        elif what == "-":
            groups.discard(int(value))
        else:
            folders.add(value)
    for group in groups:
        with contextlib.suppress(OSError):
            os.killpg(group, signal.SIGKILL)
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
