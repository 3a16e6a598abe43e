"""What this adapter stores with a target and a release, typed."""

from __future__ import annotations

from msgspec import Struct

from rollback.platforms import _details
from rollback.platforms._details import details_of
from rollback.platforms.netlify.client import Deploy, Site


class Details(Struct, frozen=True):
    """Details of a target; `source` and `goal`, ids of deploys, only those of a move have.

    `locked` is whether automatic publishing was off when the plan was made.
    """

    api: str
    id: str
    account: str
    app: str
    locked: bool = False
    source: str = ""
    goal: str = ""

    @property
    def before(self) -> str:
        """Return the line about automatic publishing before the rollback."""
        return publishing(self.source, self.locked)

    @property
    def after(self) -> str:
        return publishing(self.goal, True)


class Facts(Struct, frozen=True):
    """Facts of one release: its deploy, and the site and the deploys that were read with it."""

    deploy: Deploy
    site: Site
    deploys: tuple[Deploy, ...]


def publishing(deploy: str, locked: bool) -> str:
    """Return the line that the script reads of automatic publishing."""
    return f"off, locked to {deploy}" if locked else f"on, at {deploy}"


of = details_of(Details)
facts_of = _details.facts_of(Facts)
