"""The worker: message by message, until it is told to stop."""

from __future__ import annotations

import signal
import threading
from typing import Any

import boto3

from refarch.streaming.data_plane.supervisor import log
from refarch.streaming.vod.events import uploads
from refarch.streaming.vod.guard import Guard, InterruptedWork, LostLease
from refarch.streaming.vod.instance import Metadata, Protection, group_of, watch
from refarch.streaming.vod.job import Job, TooSoon
from refarch.streaming.vod.lease import Lease
from refarch.streaming.vod.settings import WorkerSettings
from refarch.streaming.vod.store import Store

_AFTER_ERROR_SECONDS = 5.0


class Worker:
    """One message at a time; it is deleted only when all that it speaks of is published, or needs no more doing."""

    def __init__(self, settings: WorkerSettings, sqs: Any, job: Job, guard: Guard, protection: Protection) -> None:
        self._settings, self._sqs, self._job, self._guard = settings, sqs, job, guard
        self._protection = protection

    def run(self) -> None:
        self._job.clean()
        while not self._guard.stop.is_set():
            try:
                self._once()
            except Exception as error:  # the queue does not answer: it will again
                log("queue unreachable", why=str(error))
                self._guard.stop.wait(_AFTER_ERROR_SECONDS)
        log("stopped")

    def _once(self) -> None:
        got = self._sqs.receive_message(
            QueueUrl=self._settings.queue_url,
            MaxNumberOfMessages=1,
            WaitTimeSeconds=self._settings.wait_seconds,
            VisibilityTimeout=self._settings.visibility_seconds,
            AttributeNames=["ApproximateReceiveCount"],
        )
        messages = got.get("Messages", [])
        self._protection.set(bool(messages))
        for message in messages:
            with Lease(
                self._sqs, self._settings.queue_url, message, self._settings.visibility_seconds, self._guard
            ) as lease:
                self._handle(message["Body"], lease)

    def _handle(self, body: str, lease: Lease) -> None:
        """Every end of a message: done, handed back, lost, or left for another try and in the end the dead letters."""
        try:
            for upload in uploads(body):
                self._guard.check()
                log("began", key=upload.key, tries=lease.tries)
                outcome = self._job.run(upload)
                log(outcome.what, key=upload.key, detail=outcome.detail)
            self._guard.check()
            lease.delete()
        except InterruptedWork:
            lease.release(0)
            log("handed back")
        except TooSoon as wait:
            lease.release(wait.seconds)
            log("waits", seconds=wait.seconds)
        except LostLease:
            log("lost to another worker")
        except Exception as error:
            lease.release(self._settings.retry_seconds)
            log("failed", kind=type(error).__name__, why=str(error), tries=lease.tries)


def _obey(*events: threading.Event) -> None:
    """Set these events at SIGTERM and SIGINT."""

    def tell(*_: object) -> None:
        for event in events:
            event.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, tell)


def main(settings: WorkerSettings) -> int:
    """Run until SIGTERM. After a notice it takes no more messages and waits for its end."""
    guard, told = Guard(), threading.Event()
    _obey(guard.stop, told)
    metadata = Metadata(settings.metadata)
    instance = ""
    if settings.metadata:
        instance = metadata.get("/latest/meta-data/instance-id")
        threading.Thread(target=watch, args=(metadata, guard.stop), daemon=True).start()
    store = Store(boto3.client("s3"), settings.egress_bucket, guard)
    scaling = boto3.client("autoscaling") if settings.protect else None
    protection = Protection(scaling, group_of(scaling, instance), instance)
    job = Job(settings, store, guard)
    log("worker", queue=settings.queue_url, instance=instance)
    Worker(settings, boto3.client("sqs"), job, guard, protection).run()
    told.wait()  # started again, it would take the next message to an instance that is going
    return 0
