"""AWS reference architectures as reusable, proven CDK constructs.

Import the architectures from their rooms, for example ``from refarch.mapreduce import MapReduce``.
This module stays empty of imports on purpose: loading ``aws_cdk`` costs a second.
"""

__version__ = "0.1.0"
