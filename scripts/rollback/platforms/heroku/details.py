"""What this adapter stores with a target and a release, typed."""

from __future__ import annotations

from msgspec import Struct

from rollback.platforms import _details
from rollback.platforms._details import details_of, sides_of
from rollback.model import Release


class Side(Struct, frozen=True):
    """A release as the script knows it again.

    `id` is what a rollback names, `code` the slug (or image). `names` are its version and those of
    the releases with the same code and config: a rollback gets a version of its own.
    """

    id: str
    code: str
    names: tuple[str, ...]

    @property
    def line(self) -> str:
        """Return the line that `heroku_live` prints while it is live."""
        return f"{self.names[0]} {self.code}"


class Details(Struct, frozen=True):
    """Details of a target; `source`, `goal` and `dead` only those of a move have.

    `dead`: versions that Heroku has never ended; the script takes them for no deploy in flight.
    """

    api: str
    id: str
    app: str
    source: Side | None = None
    goal: Side | None = None
    dead: tuple[str, ...] = ()


class Facts(Struct, frozen=True):
    """Facts of one release; `origin` is the release that a rollback brought back, else itself.

    `dead`: versions of the app that Heroku has never ended.
    """

    side: Side
    origin: Release | None = None
    dead: tuple[str, ...] = ()


of = details_of(Details)
sides = sides_of(of)
facts_of = _details.facts_of(Facts)
