"""Commands of the settings that reading runs, and who may write them.

In a client that edits files without asking, an agent could write one into the settings and plan.
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
    """Refuse, inside an agent session, commands that a person did not commit.

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
            f"inside an agent session ({client}) no command of uncommitted settings is run: "
            f"{clean(' '.join(new[0]), 80)}"
        )
        raise ApprovalNeeded("settings-uncommitted", message, f"review and commit {FILE}")


def _commands(environment: EnvironmentSettings) -> Iterator[tuple[str, ...]]:
    """Yield the commands that a plan, a health check or the history runs."""
    parts = [(part.health, part.database) for part in environment.components]
    for health, databases in ((environment.health, environment.database), *parts):
        yield from (check.command for check in health if check.command)
        for database in listed(databases):
            yield from filter(None, (database.run, database.client, database.backup.newest))
