"""The Heroku apps that a project's git remotes push to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from rollback.settings.project import git

_REMOTE = re.compile(
    r"^remote\.(?P<remote>\S+)\.(?:push)?url "
    r"(?:https://(?:[^@/\s]*@)?git\.heroku\.com/|(?:ssh://)?git@heroku\.com[:/])"
    r"(?P<app>[a-z][a-z0-9-]{1,28}[a-z0-9])(?:\.git)?/?$",
    re.MULTILINE,
)


def apps(project: Path) -> dict[str, str]:
    """Return remote -> app."""
    listed = git(project, "config", "--get-regexp", r"^remote\..*url$") or ""
    return {match["remote"]: match["app"] for match in _REMOTE.finditer(listed)}


def app_of(remotes: Mapping[str, str], environment: str) -> str | None:
    """Return the app of the remote named like the environment, else that of the only one."""
    if environment in remotes:
        return remotes[environment]
    named = set(remotes.values())
    return named.pop() if len(named) == 1 else None
