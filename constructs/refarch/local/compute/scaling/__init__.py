"""Auto Scaling groups that launch, replace and end instances."""
