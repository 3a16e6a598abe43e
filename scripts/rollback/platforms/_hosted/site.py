"""A host's configuration in a repository: the application, or a site, its docs or previews."""

from __future__ import annotations

from rollback.model import Evidence


def site(path: str, reason: str) -> Evidence:
    """Return evidence by a configuration file; in a subfolder it is for a part of the project."""
    return Evidence(75 if "/" in path else 85, path, (reason,), asks=True)
