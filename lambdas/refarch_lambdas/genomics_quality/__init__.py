"""Lambda function: the quality gate."""
