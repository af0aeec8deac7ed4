"""Portable copies of the whole database: made while it is in use, restored into either kind."""
