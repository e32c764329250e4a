"""Lambda function: the status of a Batch job, for teams that call it as in the post."""
