"""Scorecards of closed months: the list, one scorecard as a sum, its trend."""
