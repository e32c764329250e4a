"""What CloudFormation's resource schemas say, read from the data that cfn-lint carries: offline, 1,900 types.

`schema_of("AWS::SQS::Queue")` is everything about one type; `create_only` the paths that a change would replace.
`overrides` is the reviewed table of what the schemas get wrong; `witness` reads the CDK's own database beside them.
"""

from refarch.gate.schemas.overrides import Effect, Override, overrides_of
from refarch.gate.schemas.reader import (
    PropertyPath,
    ResourceSchema,
    create_only,
    data_bearing,
    known_types,
    regions,
    schema_of,
)

__all__ = [
    "Effect",
    "Override",
    "PropertyPath",
    "ResourceSchema",
    "create_only",
    "data_bearing",
    "known_types",
    "overrides_of",
    "regions",
    "schema_of",
]
