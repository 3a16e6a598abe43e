"""Compose files: as they are written, put together, and filled in."""
