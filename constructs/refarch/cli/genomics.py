"""`refarch genomics …`: run samples and cohorts on a deployed Genomics stack, watch them, report on them."""

from __future__ import annotations

from typing import Any

import click
from botocore.exceptions import BotoCoreError, ClientError

from refarch.cli.genomics_offline import image, schema
from refarch.cli.genomics_run import report, run, status
from refarch.genomics.runs.client import GenomicsError
from refarch_lambdas.genomics.inputs import InvalidInput


class PlainErrors(click.Group):
    """A group whose commands end with clear sentences, not a traceback, when AWS or the input says no."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except InvalidInput as error:
            lines = "\n".join(f"  {problem}" for problem in error.problems)
            raise click.ClickException(f"the input cannot work:\n{lines}") from error
        except (GenomicsError, ClientError, BotoCoreError) as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=PlainErrors)
def genomics() -> None:
    """Run and watch genomics pipelines.

    STACK is the name of a deployed Genomics stack; RUN is the execution that `run` printed. The AWS account and region
    come from the environment, as for every AWS tool.
    """


for command in (run, status, report, image, schema):
    genomics.add_command(command)
