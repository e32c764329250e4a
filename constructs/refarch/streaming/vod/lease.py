"""The hold on a message: renewed while work goes on, given back when it ends badly."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Any

from botocore.exceptions import ClientError

from refarch.streaming.data_plane.supervisor import log
from refarch.streaming.vod.guard import Guard

_BEATS = 4
_GONE = (
    "ReceiptHandleIsInvalid",
    "InvalidParameterValue",
    "MessageNotInflight",
    "AWS.SimpleQueueService.NonExistentQueue",
)
_LONGEST_WAIT = 43_200


class Lease:
    """A received message. In its `with` block a thread extends the visibility, four times in each period."""

    def __init__(self, sqs: Any, queue_url: str, message: dict[str, Any], seconds: int, guard: Guard) -> None:
        self._sqs, self._queue, self._seconds, self._guard = sqs, queue_url, seconds, guard
        self._handle = message["ReceiptHandle"]
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._beat, daemon=True)
        self.tries = int(message.get("Attributes", {}).get("ApproximateReceiveCount", "1"))

    def __enter__(self) -> Lease:
        self._guard.lost.clear()
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._end()

    def release(self, seconds: int) -> None:
        """Show the message to all workers after `seconds`; 0 is at once."""
        self._end()
        self._change(min(seconds, _LONGEST_WAIT))

    def delete(self) -> None:
        """The work is done: the message goes."""
        self._end()
        self._sqs.delete_message(QueueUrl=self._queue, ReceiptHandle=self._handle)

    def _end(self) -> None:
        self._done.set()
        self._thread.join()

    def _beat(self) -> None:
        while not self._done.wait(self._seconds / _BEATS):
            self._change(self._seconds)

    def _change(self, seconds: int) -> None:
        try:
            self._sqs.change_message_visibility(
                QueueUrl=self._queue, ReceiptHandle=self._handle, VisibilityTimeout=seconds
            )
        except ClientError as error:
            if error.response["Error"]["Code"].rpartition(".")[2] in {code.rpartition(".")[2] for code in _GONE}:
                self._guard.lost.set()
            log("heartbeat failed", why=str(error))
        except Exception as error:  # the network: the next beat comes before the message is lost
            log("heartbeat failed", why=str(error))
