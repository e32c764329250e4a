"""One file a family of rules. The registry takes every `Rule` it finds here."""
