"""AWS Batch whose jobs run, as processes of this machine."""
