"""Can the old code run on this schema? A verdict for each SQL statement of a migration."""
