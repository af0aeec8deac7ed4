"""Imports as a whole: which kinds there are, what they are told, and the services around them."""
