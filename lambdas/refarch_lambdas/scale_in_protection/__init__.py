"""Lambda function: takes scale-in protection off a group that goes."""
