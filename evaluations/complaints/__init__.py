"""The register of complaints: numbers, classes, clocks, cause, and who is responsible."""
