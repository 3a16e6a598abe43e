"""What lies in a project: one file index, its CI pipelines, what is recognised, not supported."""
