"""Lambda function: submits a Batch job, for teams that call it as in the post."""
