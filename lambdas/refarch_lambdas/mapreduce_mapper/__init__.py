"""The mapper of serverless MapReduce."""
