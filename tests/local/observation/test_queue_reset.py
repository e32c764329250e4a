"""An emptied cloud forgets the asynchronous invocations that wait, or a new function would get an old one's events."""

from __future__ import annotations

import threading

from refarch.local.repairs.invocation_queue import Attempted, InvocationQueue


def test_what_waits_is_forgotten_and_what_runs_does_not_come_back() -> None:
    queue, started, go_on, ran = InvocationQueue(1), threading.Event(), threading.Event(), list[str]()

    def running() -> Attempted:
        ran.append("running")
        started.set()
        go_on.wait(10)
        return Attempted(again_in=0.0)

    def waiting() -> Attempted:
        ran.append("waiting")
        return Attempted()

    queue.submit(running)
    queue.submit(waiting)
    assert started.wait(10)
    queue.clear()
    go_on.set()
    done = threading.Event()
    queue.submit(lambda: (done.set(), Attempted())[1], delay=0.1)
    assert done.wait(10)
    assert ran == ["running"]
