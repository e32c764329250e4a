"""What workflows of Batch jobs decide: why a job failed, and how that is told."""
