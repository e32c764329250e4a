"""`python3 -m refarch.streaming.instance up|refresh <instance.json>`, or `follow <edge.json>`."""

from __future__ import annotations

import sys
from pathlib import Path


def main(arguments: list[str]) -> int:
    if len(arguments) != 2 or arguments[0] not in ("up", "refresh", "follow"):
        print("usage: python3 -m refarch.streaming.instance {up,refresh,follow} FILE.json", file=sys.stderr)
        return 2
    if arguments[0] == "follow":
        from refarch.streaming.instance import follow

        return follow.main(Path(arguments[1]))
    from refarch.streaming.instance import boot, refresh

    if arguments[0] == "refresh":
        return refresh.main(Path(arguments[1]))
    return boot.main(Path(arguments[1]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
