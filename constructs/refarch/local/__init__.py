"""The local cloud: an emulator of AWS on this machine that `cdk deploy` and boto3 can talk to.

`LocalCloud` is the Python door, `refarch local …` the one on the command line. Importing this
package loads neither aws_cdk nor boto3 nor the emulator.
"""

from refarch.local.cloud import LocalCloud
from refarch.local.errors import LocalCloudError

__all__ = ["LocalCloud", "LocalCloudError"]
