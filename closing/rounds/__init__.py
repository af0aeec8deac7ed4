"""Pages of 360° rounds: opened by HR, answered by everybody, read by groups."""
