"""The project: where the settings say, else the one that this folder is linked to."""

from __future__ import annotations

from rollback.errors import Unreadable, Usage
from rollback.model import Target
from rollback.platforms._hosted import memory
from rollback.platforms._hosted.urls import base, host
from rollback.platforms.vercel import client, link, login
from rollback.platforms.vercel.client import Project
from rollback.platforms.vercel.details import Details
from rollback.platforms.vercel.settings import API, Settings
from rollback.settings.environment import PRODUCTION_LIKE, Environment, group
from rollback.shell import Shell
from rollback.text import clean

PLATFORM = "vercel"
_FIX = "set vercel: {project: NAME, team: SLUG} in .claude/deployment-rollback.yml"


def targets(environment: Environment, shell: Shell) -> list[Target]:
    """Return the project. Raises Usage (which-project, ...), Unreadable (no-such-project, ...).

    Reads of one plan are shared: the project is read again for each call.
    """
    settings = group(environment, Settings)
    api = base(settings.api)
    name, team = _named(environment, settings)
    project = _read(api, name, team)
    memory.keep(shell, client.PROJECT, project.id, project)
    at = "" if api == API else f" at {host(api)}"
    return [
        Target(
            environment=environment.name,
            component=environment.component,
            platform=PLATFORM,
            app=clean(project.name, 100),
            where=f"{host(api)}/{project.account_id}/{project.id}",
            protected=environment.protected,
            details=_details(api, team, project),
            location=f"Vercel project {clean(project.name, 100)} of {_owner(team)}{at}",
        )
    ]


def _owner(team: str) -> str:
    return f"team {team.partition('=')[2]}" if team else "the personal account"


def _details(api: str, team: str, project: Project) -> Details:
    return Details(
        api=api,
        team=team,
        project=project.id,
        name=clean(project.name, 100),
        owner=project.account_id,
        production=project.production.id if project.production else "",
        auto_assign=project.auto_assign_custom_domains,
    )


def _named(environment: Environment, settings: Settings) -> tuple[str, str]:
    """Return the project, and the query that names its team."""
    if settings.project:
        return settings.project, _team(settings.team or _linked_team(environment, settings.project))
    linked = link.read(environment.project)
    names = (environment.name, *environment.settings.aliases)
    if linked and any(name in PRODUCTION_LIKE for name in names):
        return linked.project, _team(settings.team or linked.team)
    known = clean(link.stated(environment.project), 300)
    message = f"which Vercel project is {environment.name}? This folder: {known}"
    raise Usage("which-project", message, _FIX)


def _linked_team(environment: Environment, project: str) -> str:
    """Return the team of the folder's link. Raises Usage (which-team)."""
    team = link.team_of(environment.project, project)
    if team is None:
        known = clean(link.stated(environment.project), 300)
        message = f"of which team is the Vercel project {clean(project, 100)}? This folder: {known}"
        raise Usage("which-team", message, _FIX)
    return team


def _team(team: str) -> str:
    if not team:
        return ""
    if not link.PROJECT.fullmatch(team):
        raise Usage("bad-team", f"team: {clean(team)!r} is not the name of a Vercel team", _FIX)
    return f"{'teamId' if team.startswith('team_') else 'slug'}={team}"


def _read(api: str, name: str, team: str) -> Project:
    if not link.PROJECT.fullmatch(name):
        message = f"project: {clean(name)!r} is not the name of a Vercel project"
        raise Usage("bad-project", message, _FIX)
    try:
        return client.project(client.connect(api), name, team)
    except Unreadable as error:
        if error.code not in ("not-found", "forbidden"):
            raise
        why = "" if error.code == "not-found" else "; Vercel answers 403"
        message = (
            f"no Vercel project {name} in {_owner(team)}, or this token has no access to it{why}"
        )
        code = "no-such-project" if error.code == "not-found" else "forbidden"
        raise Unreadable(code, message, f"{_FIX}, or {login.FIX}") from None
