"""What synthesis costs: programs that are measured, and apps to measure it beside."""
