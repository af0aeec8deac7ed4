"""The monthly evaluation: values that are entered, feedback, notes, and who submitted what."""
