"""Web: a WordPress server on Arm or x86, the cluster that it outgrows into, and the weighted move between two stacks.

Constructs load ``aws_cdk`` (a second); the decisions do not. So names are loaded when they are used.
This file also runs on the servers themselves, under the Python of Amazon Linux 2023 (3.9).
"""

from __future__ import annotations
