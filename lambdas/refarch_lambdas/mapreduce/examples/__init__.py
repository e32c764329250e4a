"""Jobs to learn from and to try the engine with."""
