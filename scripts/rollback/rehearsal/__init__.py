"""Migrations tried in a scratch database: one file per engine that can. All that is written is gone
afterwards, and never in the database of a plan: see `Player`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from msgspec import Struct

from rollback.database_contracts import Row
from rollback.model import Address
from rollback.registry import Registry
from rollback.shell import Shell


class Act(Struct, frozen=True):
    """One SQL text; `label` says for people what it is. `whole`: a run has it in a transaction."""

    label: str
    sql: str
    whole: bool = True


class Played(Struct, frozen=True):
    """The catalogue after each stage. `failed` is the act that ended it, `why` what it met.

    `certain`: the act is what failed, not the way it was tried.
    """

    catalogues: Sequence[Sequence[Row]]
    failed: Act | None = None
    why: str = ""
    certain: bool = True


class Place(Struct, frozen=True):
    """The database that goes back, which is only read, and the empty one of the settings."""

    live: Address
    scratch: Address | None = None


class Player(Protocol):
    """Runs SQL in a database that nobody uses, and compares schemas.

    NEEDS_SCRATCH: it takes an empty database that the settings name, on another server than the
    one that goes back; else it makes one in memory.
    """

    @property
    def NEEDS_SCRATCH(self) -> bool: ...

    def refusal(self, sql: str) -> str:
        """Return what in this SQL takes effect outside a transaction, or ""."""

    def play(self, stages: Sequence[Sequence[Act]], place: Place, shell: Shell) -> Played:
        """Run the acts in order from nothing, and take everything back.

        Raises Unreadable (database-*).
        """

    def catalogue(self, address: Address, shell: Shell) -> list[Row]:
        """Return {kind, name, definition} of the whole schema.

        Nothing in it depends on the order in which things were made, nor on settings of a session.
        Raises Unreadable (database-*).
        """

    def plain(self, definition: str) -> str:
        """Return a definition without what makes no difference to the engine."""

    def as_expected(self, expected: Sequence[Row]) -> str:
        """Return statements that fail, and name it, where the schema has anything else.

        `expected` are rows of the catalogue; one without a definition must not be there.
        """


rehearsals: Registry[Player] = Registry(__name__, list(__path__))
