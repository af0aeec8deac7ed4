"""How long whole commands take, always beside a floor measured in the same run."""
