"""A weighted move of traffic from one stack to another: decided by state, alarms and time; kept in one item."""
