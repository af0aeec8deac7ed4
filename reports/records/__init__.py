"""The records behind the figures of a scorecard, family by family."""
