"""Evaluations: tickets, complaints, spot checks, monthly evaluations, 360° reviews, scorecards."""
