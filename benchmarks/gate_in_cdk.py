"""The two peers that only run inside a CDK app, on templates of any origin (through CfnInclude).

    python -m benchmarks.gate_in_cdk validate|nag TEMPLATE…

Prints one JSON object: template to a list of [rule, construct path]; `CfnInclude` stands for a template that the CDK
refuses to include.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any


def findings(template: str, peer: str) -> list[list[str]]:
    """What the peer says of one template."""
    import aws_cdk as cdk
    import cdk_nag
    from aws_cdk.cloudformation_include import CfnInclude

    with tempfile.TemporaryDirectory() as folder:
        app = cdk.App(outdir=folder, builtin_cloud_formation_validation=peer == "validate", analytics_reporting=False)
        if peer == "nag":
            cdk.Validations.of(app).add_plugins(cdk_nag.AwsSolutionsChecks(app))
        stack = cdk.Stack(app, "S", synthesizer=cdk.LegacyStackSynthesizer())
        try:
            CfnInclude(stack, "T", template_file=template)
            app.synth()
        except RuntimeError as error:
            if not Path(folder, "validation-report.json").exists():
                return [["CfnInclude", str(error)[:200]]]
        return list(_reported(json.loads(Path(folder, "validation-report.json").read_text())))


def _reported(report: Any) -> Any:
    for plugin in report["pluginReports"]:
        for violation in plugin.get("violations", ()):
            for construct in violation.get("violatingConstructs") or [{}]:
                yield [violation["ruleName"], construct.get("constructPath", "")]


if __name__ == "__main__":
    print(json.dumps({each: findings(each, sys.argv[1]) for each in sys.argv[2:]}))
