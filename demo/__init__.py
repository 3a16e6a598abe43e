"""A throw-away project and the real scripts, to see a rollback before one is needed."""
