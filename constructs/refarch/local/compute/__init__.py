"""Simulated compute with a life cycle (being built: not yet among the rooms)."""
