"""What an instance does when it starts: take its address, fetch its secrets, start its role, and say how it went.

It runs under Debian's own Python with python3-boto3, from the same asset as the data plane.
"""
