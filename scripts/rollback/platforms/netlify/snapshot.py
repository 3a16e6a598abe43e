"""What is about to change, for state/: the published deploy, its lock, and what was around it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from rollback.model import Move
from rollback.platforms.netlify import client, details
from rollback.platforms.netlify.client import Deploy
from rollback.shell import Shell
from rollback.text import clean

NEWEST = 20  # deploys


def snapshot(moves: Sequence[Move], shell: Shell) -> Mapping[str, bytes]:
    """Return one file per move, named by its id without the component."""
    return {f"{move.id.partition('.')[2]}.json": _file(move) for move in moves}


def _file(move: Move) -> bytes:
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
        "build_hooks": _hooks(known),
    }
    return json.dumps(content, indent=1).encode()


def _deploy(row: Deploy) -> dict[str, object]:
    names = ("id", "state", "context", "branch", "commit_ref", "created_at", "published_at")
    return {name: getattr(row, name) for name in names} | {"title": clean(row.title)}


def _hooks(known: details.Details) -> list[dict[str, str]] | None:
    """Return name and branch of each build hook: its address is a secret. None: not to be read."""
    path = client.of_site(known.id, "/build_hooks")
    (hooks,) = client.read(client.connect(known.api), [path])
    return None if hooks is None else [_hook(row) for row in hooks if isinstance(row, dict)]


def _hook(row: dict[str, Any]) -> dict[str, str]:
    return {name: clean(str(row.get(name) or "")) for name in ("title", "branch")}
