"""One stack of RESOURCES queues, with the levers of `refarch.fast`."""

import os

from refarch import fast

fast.start()

import aws_cdk as cdk  # noqa: E402
from aws_cdk import aws_sqs as sqs  # noqa: E402

app = fast.app()
stack = cdk.Stack(app, "Queues")
for number in range(int(os.environ["RESOURCES"])):
    sqs.Queue(stack, f"Queue{number}")
app.synth()
