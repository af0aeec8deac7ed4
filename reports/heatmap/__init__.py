"""A month as a heat map: people by metrics."""
