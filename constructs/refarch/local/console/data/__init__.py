"""What the page shows, one module a view: functions of a client maker, which give plain JSON."""
