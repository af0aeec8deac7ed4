"""A made-up centre for trying Pingyou out: its people and records, and the command that loads it.

What it makes follows from the seed, the size and the months alone: no clock, no database, and the
public holidays are handed in. ``centre`` is the way in.
"""
