"""What a reader sees first."""
