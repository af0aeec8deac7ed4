"""Pages of training: the curriculum, sessions with their results, and how people stand."""
