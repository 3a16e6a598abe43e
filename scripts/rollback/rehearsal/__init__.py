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
    """One SQL text; `label` says for people what it is."""

    label: str
    sql: str


class Played(Struct, frozen=True):
    """The catalogue after each stage. `failed` is the act that ended it, `why` what it met."""

    catalogues: Sequence[Sequence[Row]]
    failed: Act | None = None
    why: str = ""


class Player(Protocol):
    """Runs SQL in a database that nobody uses.

    NEEDS_SCRATCH: it takes an empty database that the settings name; else it makes one in memory.
    OWN_SERVER: that one has to be on another server than the database that goes back.
    """

    @property
    def NEEDS_SCRATCH(self) -> bool: ...
    @property
    def OWN_SERVER(self) -> bool: ...

    def play(
        self, stages: Sequence[Sequence[Act]], address: Address | None, shell: Shell
    ) -> Played:
        """Run the acts in order from nothing, and take everything back.

        Raises Unreadable (database-*).
        """


rehearsals: Registry[Player] = Registry(__name__, list(__path__))
