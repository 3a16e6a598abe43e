"""What this adapter stores with a target and a release, typed."""

from __future__ import annotations

from msgspec import Struct

from rollback.platforms import _details
from rollback.platforms._details import details_of, sides_of


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

    @property
    def apart(self) -> tuple[Domain, ...]:
        """Return the domains that serve something else than the project's production."""
        return tuple(row for row in self.domains if row.deployment != self.production)


class Facts(Struct, frozen=True):
    """Facts of one release; `domains` only the live one has."""

    side: Side
    domains: tuple[Domain, ...] = ()


of = details_of(Details)
sides = sides_of(of)
facts_of = _details.facts_of(Facts)
