"""Python's cyclic garbage collector, out of the way of a program that only builds up and ends."""

from __future__ import annotations

import atexit
import gc


def start() -> None:
    """Call before anything imports aws_cdk: no collection from here on, and none of what is loaded at the exit.

    aws_cdk is a hundred thousand objects that live until the end; looking through them again and again is two fifths of
    importing it, and a fifth of a second more at the exit. Not for programs that go on running, such as servers: cycles
    of objects are not freed any more (all others are). Harmless when called twice.
    """
    gc.disable()
    atexit.unregister(gc.freeze)
    atexit.register(gc.freeze)
