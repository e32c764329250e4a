"""Viewers that really fetch: playlists as they change, and every segment. For load tests, and to watch a failover."""
