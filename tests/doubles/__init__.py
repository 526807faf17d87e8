"""Stand-ins for the outside world that behave as it is documented to behave."""
