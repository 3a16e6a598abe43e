"""A throw-away project and the real scripts run on it, so that a rollback can be seen before one is needed."""
