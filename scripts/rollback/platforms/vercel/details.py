"""What this adapter stores with a target and a release, typed."""

from __future__ import annotations

import msgspec
from msgspec import Struct

from rollback.model import Move, Release, Target


class Domain(Struct, frozen=True):
    """A production domain and the id of the deployment that it serves."""

    name: str
    deployment: str


class Side(Struct, frozen=True):
    """A deployment: its id, and its own address without https://."""

    id: str
    url: str


class Details(Struct, frozen=True):
    """Details of a target; `source`, `goal` and `domains` only those of a move have.

    `team` is the query that names the team ("teamId=team_1", "slug=acme"), "" for a personal
    account. `production` is the deployment that the project calls its production.
    `auto_assign`: new production deployments get the production domains; None if not told.
    """

    api: str
    team: str
    project: str
    name: str
    owner: str
    production: str = ""
    auto_assign: bool | None = None
    domains: tuple[Domain, ...] = ()
    source: Side | None = None
    goal: Side | None = None


class Facts(Struct, frozen=True):
    """Facts of one release; `domains` only the live one has."""

    side: Side
    domains: tuple[Domain, ...] = ()


def of(target: Target) -> Details:
    """Return the details of a target; those of a plan.json are converted."""
    if isinstance(target.details, Details):
        return target.details
    return msgspec.convert(target.details, Details)


def sides(move: Move) -> tuple[Side, Side]:
    """Return what a move leaves and what it reaches."""
    details = of(move.target)
    assert details.source and details.goal, move.id
    return details.source, details.goal


def facts_of(release: Release) -> Facts:
    assert isinstance(release.facts, Facts), release.id
    return release.facts


def scope(team: str) -> tuple[str, ...]:
    """Return the options that name the team to the client."""
    return ("--scope", team.partition("=")[2]) if team else ()
