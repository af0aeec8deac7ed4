"""Training: courses, sessions, completions, competencies, needs and effect."""
