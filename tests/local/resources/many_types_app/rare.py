"""Types that are deployed rarely, one resource each: as the schema wants it at the least, from rare_types.json."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from aws_cdk import CfnOutput, CfnResource, Stack, Tags
from constructs import Construct

CATALOGUE = Path(__file__).with_name("rare_types.json")


class Rare(Stack):
    """`changed` adds a property to each that is changed in place; `wrong` gives one of them a property there is not."""

    def __init__(self, scope: Construct, id: str, *, changed: bool = False, wrong: bool = False, **more: Any) -> None:
        super().__init__(scope, id, **more)
        for name, one in json.loads(CATALOGUE.read_text("utf-8")).items():
            properties = {**one["least"], **(one["more"] if changed else {})}
            resource = CfnResource(self, name.replace("::", ""), type=name, properties=properties)
            if wrong and name == "AWS::Synthetics::Group":
                resource.add_property_override("Nope", 1)
            if "attribute" in one:
                CfnOutput(self, f"{resource.node.id}Attribute", value=resource.get_att(one["attribute"]).to_string())
        Tags.of(self).add("purpose", "test")
