"""The least that a CI role needs to create, update and delete exactly one stack, as managed policies that fit IAM.

`deploy_policy(content, stack="Orders").documents` are policy documents, each within `LIMIT` characters.
"""

from refarch.gate.deploy_policy.build import DeployPolicy, deploy_policy
from refarch.gate.deploy_policy.pack import LIMIT, size

__all__ = ["LIMIT", "DeployPolicy", "deploy_policy", "size"]
