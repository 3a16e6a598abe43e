"""Keeps what we write out of the user's git, through the repository's own info/exclude."""

from __future__ import annotations

import os
import re
from pathlib import Path

from rollback.records import jsonl
from rollback.errors import Usage
from rollback.settings.project import git

OURS = (
    ".rollback-checkpoint-*/",
    ".claude/cache/deployment-rollback/",
    ".claude/deployment-rollback/",
)


def add(project: Path) -> bool:
    """Add our folders to git's exclude file once; True when they are excluded now.

    Does nothing without git or without write permission.
    """
    answer = git(project, "rev-parse", "--git-path", "info/exclude", "--show-prefix")
    if answer is None:
        return False
    place, prefix = [*answer.split("\n"), ""][:2]
    start = "/" + re.sub(r"([\\*?\[ ])", r"\\\1", prefix)
    try:
        _append(project / place, [start + pattern for pattern in OURS])
    except (OSError, Usage):
        return False
    return True


def _append(path: Path, patterns: list[str]) -> None:
    with jsonl.opened(path) as log:
        present = {line.raw.strip() for line in log.lines()}
        if missing := [
            line for pattern in patterns if (line := os.fsencode(pattern)) not in present
        ]:
            log.append(missing)
