"""Attendance: from punches to the facts of a month."""
