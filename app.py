#!/usr/bin/env python3
"""The CDK app: `cdk deploy <Stack>`. Only what was asked for is built, and its templates are checked on request.

`-e`, or `-c only=<Stack>`, builds one stack. `-c validate=true` runs the CDK's built-in template rules at every synth;
they cost seconds, so by default only the gates (`make check`) run them.
"""

from __future__ import annotations

import source_roots

source_roots.use_checkout()

from refarch import fast  # noqa: E402

fast.start()

import sys  # noqa: E402  (after the start: importing aws_cdk is most of the work)

from refarch._shared.checks import InvalidPropsError  # noqa: E402
from stacks.app_factory import UnknownStackError, build_app  # noqa: E402
from stacks.settings import InvalidSettingsError  # noqa: E402


def main() -> int:
    """Synthesizes what the command line asked for. Exit code 1 and one clear line where that makes no sense."""
    try:
        build_app(validate=None).synth()
    except (InvalidSettingsError, InvalidPropsError, UnknownStackError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except RuntimeError as error:
        if not str(error).startswith("ValidationFailed"):
            raise
        return 1  # the CDK has shown its report
    return 0


if __name__ == "__main__":
    sys.exit(main())
