"""The Heroku apps that a project's git remotes push to."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from rollback.settings.environment import PRODUCTION_LIKE, WELL_KNOWN
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


def app_of(remotes: Mapping[str, str], names: Sequence[str]) -> str | None:
    """Return the app of the remote named like the environment, `names` being its name and aliases.

    Without such a remote, production has the only app there is; no other environment has.
    """
    for name in names:
        if name in remotes:
            return remotes[name]
    if not any(name in PRODUCTION_LIKE for name in names):
        return None
    known = set(remotes.values())
    # a remote `staging` tells which app is staging, and nothing about production
    told = any(remote not in WELL_KNOWN for remote in remotes)
    return known.pop() if told and len(known) == 1 else None
