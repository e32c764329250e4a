"""The safe ways to make a CDK app in Python start, build and end sooner, in one import.

    from refarch import fast

    fast.start()                                    # before anything imports aws_cdk
    app = fast.app()
    fast.build(app, {"Web": "my_stacks.web:WebStack", "Jobs": "my_stacks.jobs:JobsStack"})
    app.synth()

Nothing of jsii is loaded before `app` or `build` is called. What each part gains, measured: docs/fast-synth.md.
"""

from refarch.fast.collector import start
from refarch.fast.make import app, build
from refarch.fast.selection import UnknownStackError, asked_for, selected

__all__ = ["UnknownStackError", "app", "asked_for", "build", "selected", "start"]
