"""What every page stands on beside ``core.web``: headers, error pages, filters of templates."""
