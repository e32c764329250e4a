"""`refarch mapreduce …`: run MapReduce jobs on a deployed stack, watch them, and clean up after them."""

from __future__ import annotations

from typing import Any

import click
from botocore.exceptions import BotoCoreError, ClientError

from refarch.cli.mapreduce_after import clean, jobs, report, result, timeline
from refarch.cli.mapreduce_control import cancel, redrive, status, wait
from refarch.cli.mapreduce_run import estimate, run
from refarch.mapreduce.problems import MapReduceError, explain


class PlainErrors(click.Group):
    """A group whose commands end with one clear sentence, not a traceback, when AWS or the job says no."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except MapReduceError as error:
            raise click.ClickException(str(error)) from error
        except (ClientError, BotoCoreError) as error:
            raise click.ClickException(explain(error)) from error


@click.group(cls=PlainErrors)
def mapreduce() -> None:
    """Run and watch MapReduce jobs.

    STACK is the name of a deployed stack with a MapReduce in it; JOB is the id that `run` printed. The AWS account
    and region come from the environment, as for every AWS tool.
    """


for command in (run, estimate, status, wait, cancel, redrive, jobs, result, report, timeline, clean):
    mapreduce.add_command(command)
