"""The Fault Injection Service: templates of experiments, and experiments that act on simulated instances."""
