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


def git_config(root: Path) -> Path:
    """Return the file with the repository's remotes, also in a worktree or a submodule."""
    folder = _named_in(root / ".git", "gitdir: ") or root / ".git"
    return (_named_in(folder / "commondir", "") or folder) / "config"


def _named_in(file: Path, word: str) -> Path | None:
    """Return the folder that a file of git names, relative to the file's own."""
    try:
        text = file.read_text("utf-8", "surrogateescape")
    except (OSError, ValueError):
        return None
    return file.parent / text.removeprefix(word).strip() if text.startswith(word) else None
