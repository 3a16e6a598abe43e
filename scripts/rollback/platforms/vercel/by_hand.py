"""Commands of the vercel client, as a person types them."""

from __future__ import annotations

from collections.abc import Sequence
from shlex import join

from rollback.platforms.vercel.details import Details


def rollback(known: Details) -> str:
    """Return the command of a rollback.

    Without a deployment the client would only print a status, and it refuses a project that serves
    the deployment already: then the domains that do not are moved one by one.
    """
    goal = known.goal
    assert goal
    scope = _scope(known.team)
    if goal.id == known.production:
        rest = (row.name for row in known.domains if row.deployment != goal.id)
        off = () if known.auto_assign is False else (switch(known.project, known.team, "false"),)
        return " && ".join((*(assign(goal.id, name, known.team) for name in rest), *off))
    return join(("vercel", "rollback", goal.url or goal.id, "--yes", *scope))


def promotion(known: Details) -> str:
    """Return the commands that take everything back to where the plan saw it."""
    team, production = known.team, _address(known)
    switched = "false" if known.auto_assign is False else "true"
    parts = [promote(production, team)]
    if known.goal and known.goal.id == known.production:
        parts = [switch(known.project, team, switched)]
    elif switched == "false":
        parts.append(switch(known.project, team, switched))
    return " && ".join((*parts, *(assign(row.deployment, row.name, team) for row in known.apart)))


def promote(deployment: str, team: str) -> str:
    """Return the command that moves the domains to a deployment and turns auto-assign on."""
    return join(("vercel", "promote", deployment, "--yes", *_scope(team)))


def switch(project: str, team: str, value: str = "true") -> str:
    """Return the command that only turns auto-assign on, or off."""
    path, field = f"/v9/projects/{project}", f"autoAssignCustomDomains={value}"
    return join(("vercel", "api", path, "-X", "PATCH", "-F", field, *_scope(team)))


def assign(deployment: str, domain: str, team: str) -> str:
    """Return the command that moves one domain; `vercel alias set` might offer to buy it."""
    path = f"/v2/deployments/{deployment}/aliases"
    return join(("vercel", "api", path, "-X", "POST", "-F", f"alias={domain}", *_scope(team)))


def listed(known: Details) -> str:
    """Return the command that lists the production deployments."""
    return join(("vercel", "list", known.name, "--environment", "production", *_scope(known.team)))


def _address(known: Details) -> str:
    """Return the address of the project's production, its id where that is not known."""
    sides = (side for side in (known.source, known.goal) if side)
    return next((side.url for side in sides if side.id == known.production), "") or known.production


def _scope(team: str) -> Sequence[str]:
    """Return the options that name the team to the client."""
    return ("--scope", team.partition("=")[2]) if team else ()
