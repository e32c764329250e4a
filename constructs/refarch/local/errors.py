"""What can go wrong, in words that say what to do."""


class LocalCloudError(Exception):
    """The local cloud cannot do what was asked; the message says why and what helps."""
