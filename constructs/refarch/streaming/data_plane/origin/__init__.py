"""The control program of a live origin: who may publish, packagers, playlists, recordings. nginx does the rest."""
