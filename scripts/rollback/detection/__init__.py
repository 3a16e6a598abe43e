"""What lies in a project: one file index, its CI pipelines, and what is recognised only."""
