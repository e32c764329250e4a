"""Video on demand: the programs that turn recordings and uploads into HLS. They run on instances, and in the tests.

Debian 12's Python 3.11, python3-boto3 and ffmpeg; nothing else. Run one with
`python3 -m refarch.streaming.vod <worker|uploader> <settings.json>`.
"""
