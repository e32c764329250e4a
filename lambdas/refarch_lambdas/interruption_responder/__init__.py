"""The Lambda function that answers interruptions."""
