"""Runs of a deployed genomics stack, seen from outside: start them, follow them, and say what they did and cost."""
