"""The engine of imports: cells, rows, outcomes, storing and undoing. It knows no domain."""
