"""The 360-degree player: a page of static files, what it may load, and what its viewers report.

Names are imported from their modules; the construct, which loads ``aws_cdk``, from ``refarch.streaming``.
"""
