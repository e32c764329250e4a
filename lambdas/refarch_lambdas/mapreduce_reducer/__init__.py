"""The reducer of serverless MapReduce."""
