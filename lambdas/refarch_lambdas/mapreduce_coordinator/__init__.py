"""The coordinator of serverless MapReduce."""
