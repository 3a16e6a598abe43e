"""What is about to change, for state/: the published deploy, its lock, and what was around it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from rollback.model import Move
from rollback.platforms.netlify import details, readings
from rollback.platforms.netlify.client import Deploy
from rollback.platforms.netlify.readings import Hook
from rollback.shell import Shell
from rollback.text import clean

NEWEST = 20  # deploys


def snapshot(moves: Sequence[Move], shell: Shell) -> Mapping[str, bytes]:
    """Return one file per move, named by its id without the component."""
    return {f"{move.id.partition('.')[2]}.json": _file(move, shell) for move in moves}


def _file(move: Move, shell: Shell) -> bytes:
    hooks = readings.of(move, shell).hooks
    known, facts = details.of(move.target), details.facts_of(move.current)
    site = facts.site
    content = {
        "where": move.target.where,
        "account": known.account,
        "live": known.source,
        "target": known.goal,
        "automatic_publishing": known.before,
        "builds_stopped": site.build_settings.stop_builds,
        "branch": site.build_settings.repo_branch,
        "address": site.address,
        "deploys": [_deploy(row) for row in facts.deploys[:NEWEST]],
        "build_hooks": None if hooks is None else list(map(_hook, hooks)),
    }
    return json.dumps(content, indent=1).encode()


def _deploy(row: Deploy) -> dict[str, object]:
    names = ("id", "state", "context", "branch", "commit_ref", "created_at", "published_at")
    return {name: getattr(row, name) for name in names} | {"title": clean(row.title)}


def _hook(row: Hook) -> dict[str, str]:
    return {"title": clean(row.title), "branch": clean(row.branch)}
