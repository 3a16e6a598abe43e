"""Settings that nobody committed: inside an agent session they run no command and move no token.

A plan runs commands of the settings and sends tokens to their `api`. In a client that edits files
without asking, an agent could write either into them.
"""

from __future__ import annotations

from collections.abc import Iterator

from rollback.approval import agent
from rollback.errors import ApprovalNeeded
from rollback.settings import load as settings
from rollback.settings.environment import Environment
from rollback.settings.model import FILE, EnvironmentSettings, listed
from rollback.text import clean


def refuse(environment: Environment) -> None:
    """Refuse, inside an agent session, commands and addresses that a person did not commit.

    Raises ApprovalNeeded (settings-uncommitted), Usage (settings-*).
    """
    named = set(_guarded(environment.settings))
    if not named or (client := agent.client_above()) is None:
        return
    committed = settings.committed(environment.project)
    known = committed.environments.get(environment.name) if committed else None
    new = sorted(named - set(_guarded(known) if known else ()))
    if new:
        message = (
            f"inside an agent session ({client}) uncommitted settings run no command and name no "
            "other address of a platform: "
            f"{clean(' '.join(new[0]), 80)}"
        )
        raise ApprovalNeeded("settings-uncommitted", message, f"review and commit {FILE}")


def _guarded(environment: EnvironmentSettings) -> Iterator[tuple[str, ...]]:
    """Yield the commands that reading runs, each `api` that is not the vendor's own, and code."""
    groups = [*environment.groups.values(), *(part.group for part in environment.components)]
    for group in groups:
        api = getattr(group, "api", "")
        if api and api != type(group)().api:
            yield (api,)
    described = (
        environment.infrastructure,
        *(row.infrastructure for row in environment.components),
    )
    for infrastructure in described:
        if infrastructure:
            yield ("infrastructure", infrastructure.directory, *infrastructure.variables)
    parts = [(part.health, part.database) for part in environment.components]
    for health, databases in ((environment.health, environment.database), *parts):
        yield from (check.command for check in health if check.command)
        for database in listed(databases):
            yield from filter(None, (database.run, database.client, database.backup.newest))
