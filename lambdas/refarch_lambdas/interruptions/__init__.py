"""What to do when an instance is about to go: parse the event, find what depends on the instance, act, remember."""
