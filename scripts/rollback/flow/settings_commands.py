"""What reading does as the settings say: it runs commands, and sends tokens to an address.

In a client that edits files without asking, an agent could write either into the settings and plan.
"""

from __future__ import annotations

from collections.abc import Iterator

from rollback.approval import agent
from rollback.errors import ApprovalNeeded
from rollback.settings import load as settings
from rollback.settings.environment import Environment
from rollback.settings.model import FILE, EnvironmentSettings, listed
from rollback.text import clean


def refuse_uncommitted(environment: Environment) -> None:
    """Refuse, inside an agent session, commands and addresses that a person did not commit.

    Raises ApprovalNeeded (settings-uncommitted), Usage (settings-*).
    """
    named = set(_commands(environment.settings))
    if not named or (client := agent.client_above()) is None:
        return
    committed = settings.committed(environment.project)
    known = committed.environments.get(environment.name) if committed else None
    new = sorted(named - set(_commands(known) if known else ()))
    if new:
        message = (
            f"inside an agent session ({client}) uncommitted settings run no command and name no "
            "other address of a platform: "
            f"{clean(' '.join(new[0]), 80)}"
        )
        raise ApprovalNeeded("settings-uncommitted", message, f"review and commit {FILE}")


def _commands(environment: EnvironmentSettings) -> Iterator[tuple[str, ...]]:
    """Yield what a plan, a health check or the history runs, and addresses that get a token."""
    groups = [*environment.groups.values(), *(part.group for part in environment.components)]
    for group in groups:
        api = getattr(group, "api", "")
        if api and api != type(group)().api:
            yield (api,)
    parts = [(part.health, part.database) for part in environment.components]
    for health, databases in ((environment.health, environment.database), *parts):
        yield from (check.command for check in health if check.command)
        for database in listed(databases):
            yield from filter(None, (database.run, database.client, database.backup.newest))
