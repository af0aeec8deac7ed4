"""360° rounds that are answered in the browser: who is asked, answers, the end."""
