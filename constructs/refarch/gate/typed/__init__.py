"""A template read a second time, by code that shares nothing with the CDK: troposphere's typed classes.

`read(content)` gives findings where a resource does not come back as it was, and where troposphere, CloudFormation's
schemas (as cfn-lint carries them) and the CDK's own database say different things of what the template uses.
"""

from refarch.gate.typed.reading import RULES, read
from refarch.gate.typed.voices import Voice, all_voices

__all__ = ["RULES", "Voice", "all_voices", "read"]
