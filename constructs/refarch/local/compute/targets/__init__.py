"""Targets of load balancers: registered, healthy, draining and gone, in simulated time."""
