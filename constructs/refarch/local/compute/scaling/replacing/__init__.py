"""Instances of a group are replaced a few at a time: refreshes, rolling updates, signals, the end of a long life."""
