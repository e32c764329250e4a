"""Ships what an instance says to CloudWatch Logs: its journal, and the files of nginx. boto3 is all it needs.

Debian has no agent of CloudWatch's; this runs under Debian's own Python, from the same asset as the data plane.
"""
