"""Pages of the close, of the policy and of everything that the policy decides: rules and awards."""
