"""Staff: people, teams, positions, accounts; attendance below it."""
