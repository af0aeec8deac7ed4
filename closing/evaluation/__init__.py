"""The pages of the monthly evaluation: they need the policy, and what a close would give."""
