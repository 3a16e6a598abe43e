"""Repository files that containers mount: they keep today's content under any image."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from rollback.contracts import LEFT_ALONE
from rollback.model import Finding, Move
from rollback.platforms.docker_compose import details
from rollback.platforms.docker_compose.definition.resolved import Resolved
from rollback.platforms.docker_compose.details import Details
from rollback.platforms.docker_compose.history import git_files
from rollback.shell import Shell
from rollback.text import clean

_NAMED = 3  # files in a message


def findings(moves: Sequence[Move], goal: Resolved, shell: Shell) -> Iterator[Finding]:
    release = moves[0].to
    paths = _mounted(goal, details.of(moves[0].target)) if release.commit else []
    changed = _changed(moves[0], paths, shell) if paths else []
    if not changed:
        return
    names = [clean(path, 60) for path in changed[:_NAMED]]
    more = f" and {len(changed) - _NAMED} more" if len(changed) > _NAMED else ""
    message = (
        f"{', '.join(names)}{more} keeps today's content: containers mount it, "
        f"and {release.id} has another version"
    )
    fix = f"git checkout {release.id} -- {' '.join(names)}, then plan again"
    yield Finding("warning", LEFT_ALONE, message, fix)


def _changed(move: Move, paths: Sequence[str], shell: Shell) -> list[str]:
    """Return paths that differ from the target's, without compose and env files."""
    project = details.of(move.target)
    restored = {
        os.path.relpath(path, project.folder) for path in (*project.files, *project.env_files)
    }
    words = ("diff", "--name-only", "--relative", "-z", str(move.to.commit), "--", *paths)
    answer = shell.ask(git_files.git(project.folder, *words))
    names = answer.stdout.split("\0") if answer.status == 0 else []
    return [name for name in names if name and name not in restored]


def _mounted(goal: Resolved, project: Details) -> list[str]:
    """Return mounted paths within the project, relative to its folder."""
    entries = (entry for keys in goal.services.values() for entry in keys.get("volumes") or ())
    binds = (
        str(entry.get("source"))
        for entry in entries
        if isinstance(entry, dict) and entry.get("type") == "bind"
    )
    paths = {os.path.relpath(path, project.directory) for path in (*binds, *goal.mounted_files)}
    return sorted(path for path in paths if not path.startswith(".."))
