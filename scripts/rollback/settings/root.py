"""The root of a project: the git root above a folder, else the folder itself.

Standard library only: the hook must find the same root as the scripts.
"""

from __future__ import annotations

from pathlib import Path


def above(start: Path) -> Path:
    """Return the git root above `here`, a resolved path."""
    return next((folder for folder in (start, *start.parents) if _has_git(folder)), start)


def _has_git(folder: Path) -> bool:
    git = folder / ".git"  # a file in worktrees and submodules
    try:
        return git.is_file() or (git / "HEAD").is_file()
    except OSError:
        return False
