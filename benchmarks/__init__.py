"""What `make bench` measures: every figure beside a peer that is measured in the same run."""
