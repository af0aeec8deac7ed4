"""Receipt of scorecards, appeals against what they count, and pay adjusted afterwards."""
