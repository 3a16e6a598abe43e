"""What preflight and snapshot read of a project, once for both."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from msgspec import Struct

from rollback.errors import Unreadable
from rollback.model import Move
from rollback.platforms._hosted import answers, commands, memory
from rollback.platforms._hosted.answers import Decoded
from rollback.platforms._hosted.api import Api
from rollback.platforms.vercel import client, details, variables
from rollback.platforms.vercel.client import Project
from rollback.platforms.vercel.details import Details
from rollback.platforms.vercel.variables import Variable, Variables
from rollback.shell import Shell

HOBBY = "hobby"


class Cron(Struct, frozen=True):
    """A path may hold a token: as text it is masked."""

    path: str = ""
    schedule: str = ""

    def __str__(self) -> str:
        return f"{commands.masked(self.path)} ({self.schedule})"


class Deployment(Struct, frozen=True, rename="camel"):
    id: str
    ready_state: str = ""
    created_at: float = 0
    soft_deleted_by_retention: bool = False
    crons: tuple[Cron, ...] = ()
    plan: str = ""


class Reading(Struct, frozen=True):
    """`goal` is None where it is gone, `variables` where not all of them can be read."""

    project: Project
    goal: Deployment | None
    source: Deployment | None
    variables: tuple[Variable, ...] | None
    plan: str


class _Billing(Struct, frozen=True):
    plan: str = ""


class _Team(Struct, frozen=True):
    billing: _Billing = _Billing()


def of(move: Move, shell: Shell) -> Reading:
    """Read what a move needs, or return what this plan has read of it. Raises Unreadable."""
    return memory.once(shell, "reading", move.id, lambda: _read(move, shell))


def _read(move: Move, shell: Shell) -> Reading:
    facts, (source, goal) = details.of(move.target), details.sides(move)
    api = client.connect(facts.api)
    paths = [_path(goal.id), _path(source.id), variables.path(facts.project)]
    replies = api.all([client.of_team(path, facts.team) for path in paths], {})
    for reply in replies[:2]:
        if isinstance(reply, Unreadable) and reply.code != "not-found":
            raise reply
    to, left = (_typed(api, paths[at], replies[at], Deployment) for at in (0, 1))
    known = _typed(api, paths[2], replies[2], Variables)
    return Reading(
        project=client.known_project(api, facts.project, facts.team, shell),
        goal=to,
        source=left,
        variables=known.envs if known and known.whole else None,
        plan=_plan(api, facts, left),
    )


def _path(deployment: str) -> str:
    return f"/v13/deployments/{quote(deployment, safe='')}"


def _typed(api: Api, path: str, reply: Any, kind: type[Decoded]) -> Decoded | None:
    """Return an answer as this type; None for one that was refused or does not exist."""
    if isinstance(reply, Unreadable):
        if reply.code not in ("not-found", "forbidden"):
            raise reply
        return None
    return answers.typed(api, path, reply.body, kind)


def _plan(api: Api, facts: Details, live: Deployment | None) -> str:
    """Return the plan of the owner: what the live deployment was made on, unless it changed since.

    Only a limit matters, so only "hobby" is asked for again.
    """
    plan = live.plan if live else ""
    if plan != HOBBY or not facts.owner.startswith("team_"):
        return plan
    try:
        team = client.get(api, f"/v2/teams/{facts.owner}", "", _Team)
    except Unreadable as error:
        if error.code not in ("not-found", "forbidden"):
            raise
        return plan
    return team.billing.plan or plan
