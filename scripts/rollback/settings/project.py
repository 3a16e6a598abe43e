"""Which folder is the project, and what its git says."""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path

from rollback.settings import root
from rollback.errors import Usage
from rollback.model import Finding

# The repository's configuration must not start programs; a hook's variables must not redirect git.
_SAFE = (
    "-c",
    "core.fsmonitor=false",
    "-c",
    "core.hooksPath=/dev/null",
    "-c",
    "log.showSignature=false",
    "-c",
    "grep.lineNumber=false",
    "-c",
    "grep.column=false",
    "--no-pager",
)
_MISLEADING = (
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_PREFIX",
    "GIT_COMMON_DIR",
    "GIT_OBJECT_DIRECTORY",
    "GIT_NAMESPACE",
)


def find(path: Path | None) -> Path:
    """Return the named folder, else the git root of the working directory, else that.

    Raises Usage (no-project).
    """
    try:
        start = (path or Path.cwd()).resolve(strict=True)
    except (OSError, RuntimeError):
        raise Usage(
            "no-project",
            f"there is no folder {path or 'here any more'}",
            "name it with --project DIR",
        ) from None
    if not start.is_dir():
        raise Usage("no-project", f"{path} is not a folder", "name one with --project DIR")
    if path is not None:
        return start
    return root.above(start)


def git(project: Path, *arguments: str, timeout: float = 30) -> str | None:
    """Return the output of a read-only git command; None when it fails.

    It fails without git, without a repository and without permission.
    """
    answer = _ask(project, arguments, timeout)
    return answer.stdout if answer is not None and answer.returncode == 0 else None


def git_trouble(project: Path) -> Finding | None:
    """Return why git knows nothing about a project with a repository, or None."""
    answer = _ask(project, ("rev-parse", "--git-dir"), 30)
    if answer is None:
        return Finding("note", "no-git", "git is not installed: nothing is known about commits")
    if "dubious ownership" in answer.stderr:
        message = (
            f"git refuses to read {project} because somebody else owns it, "
            "so nothing is known about commits"
        )
        trust = shlex.join(["git", "config", "--global", "--add", "safe.directory", str(project)])
        return Finding("note", "git-dubious-ownership", message, f"run as the owner, or: {trust}")
    return None


def _ask(
    project: Path, arguments: tuple[str, ...], timeout: float
) -> subprocess.CompletedProcess[str] | None:
    environment = {key: value for key, value in os.environ.items() if key not in _MISLEADING}
    environment |= {
        "LC_ALL": "C.UTF-8",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_NO_REPLACE_OBJECTS": "1",
    }
    try:
        return subprocess.run(
            ("git", *_SAFE, *arguments),
            cwd=project,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
