"""Deployable stacks, one file an architecture. Not part of the wheel."""
