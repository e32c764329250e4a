"""Batches to CloudWatch Logs: until they arrive, ever more slowly while they do not."""

from __future__ import annotations

import random
import threading
from collections.abc import Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from refarch.streaming.data_plane.supervisor import log
from refarch.streaming.logs.events import Event, request

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
_BAD = ("InvalidParameterException", "ValidationException")


class Stopped(Exception):
    """The shipper was told to end while a batch had not arrived: it is read again at the next start."""


class Sender:
    """`client` is that of CloudWatch Logs; `stop` ends the waiting."""

    def __init__(self, client: Any, group: str, stop: threading.Event) -> None:
        self._client, self._group, self._stop = client, group, stop

    def send(self, stream: str, batch: Sequence[Event]) -> None:
        """Returns when the batch has arrived. What the service will never take is told, and left out.

        Raises `Stopped`.
        """
        pause = FIRST_PAUSE
        while True:
            try:
                self._put(stream, batch)
                return
            except (ClientError, BotoCoreError) as error:
                code = error.response["Error"]["Code"] if isinstance(error, ClientError) else ""
                if code == "ResourceNotFoundException" and self._made(stream):
                    continue
                if code in _BAD:
                    self._apart(stream, batch, error)
                    return
                log("not_shipped", stream=stream, why=str(error), again_in=pause)
            if self._stop.wait(pause * random.uniform(0.5, 1.0)):  # noqa: S311 - many instances, not all at once
                raise Stopped
            pause = min(pause * 2, LONGEST_PAUSE)

    def _put(self, stream: str, batch: Sequence[Event]) -> None:
        answer = self._client.put_log_events(logGroupName=self._group, logStreamName=stream, logEvents=request(batch))
        if rejected := answer.get("rejectedLogEventsInfo"):
            log("too_old_or_new", stream=stream, which=rejected)

    def _made(self, stream: str) -> bool:
        """Whether the stream is there now. False: the group itself is not, or may not be written to."""
        try:
            self._client.create_log_stream(logGroupName=self._group, logStreamName=stream)
        except ClientError as error:
            return bool(error.response["Error"]["Code"] == "ResourceAlreadyExistsException")
        return True

    def _apart(self, stream: str, batch: Sequence[Event], error: Exception) -> None:
        """One bad event must not hold up the others: half and half, until it is alone."""
        if len(batch) == 1:
            log("refused", stream=stream, why=str(error), bytes=batch[0].size)
            return
        middle = len(batch) // 2
        self.send(stream, batch[:middle])
        self.send(stream, batch[middle:])
