"""Lambda function: plans a run, or a cohort of runs."""
