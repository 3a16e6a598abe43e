"""Taking back applied migrations of tools whose files are SQL: a component of a plan."""
