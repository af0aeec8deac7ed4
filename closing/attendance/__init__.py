"""Pages of attendance: the month of a team, what is asked for, and deciding on it."""
