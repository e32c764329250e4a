"""Who may do more after the change: statements, security groups, grants and public settings."""

from refarch.gate.diff.permissions.broadening import Broadening, broadenings

__all__ = ["Broadening", "broadenings"]
