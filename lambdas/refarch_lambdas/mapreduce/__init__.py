"""The MapReduce engine: everything a mapper, reducer or coordinator decides and does."""
