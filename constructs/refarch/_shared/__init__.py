"""What the rooms of refarch share: checks, code assets, removal policies."""
