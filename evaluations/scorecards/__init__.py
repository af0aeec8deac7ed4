"""Lines, totals, and the store of scorecards."""
