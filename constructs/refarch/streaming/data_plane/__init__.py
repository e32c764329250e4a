"""The data plane: the very files that instances run, and that the tests run.

Standard library only, for Debian 12's Python 3.11; nginx, libnginx-mod-rtmp and ffmpeg come from Debian. Nothing in
here knows AWS. Run a role with `python3 -m refarch.streaming.data_plane <role> <settings.json>`.
"""
