"""What a team runs in CI on its templates. Needs cfn-lint (`pip install cfn-lint`), whose schemas it reads."""
