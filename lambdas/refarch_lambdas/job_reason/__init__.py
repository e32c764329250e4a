"""Lambda function: why a step of a workflow failed."""
