"""The rules matrix, incidents and merits, the tasks that follow, and awards."""
