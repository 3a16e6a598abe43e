"""One step of a reversal: a migration, or several that only one script reverses together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from rollback.database_contracts import Row
from rollback.model import Command
from rollback.reversal.files import Sql
from rollback.reversal.loss import Limit
from rollback.text import clean


class Ways(Struct, frozen=True):
    """The commands of a migration tool that reverses a migration itself, and applies it again.

    `newest`: the reversal takes the newest applied one, whichever that is. `marks` are what makes
    the tool's table say that it was reversed, and applied.
    """

    down: Command
    up: Command
    marks: tuple[str, str]
    newest: bool = False


class Change(Struct, frozen=True):
    """One migration that is taken back. `id` is as in the tool's table, `name` as in its file.

    `below` is the id that is the newest afterwards, for tools that keep only that one. `limits` are
    what its down may lose. `together` are older migrations that go back in the same transaction:
    id -> row. `steps` are the titles of the step and its undo where it is no migration. `expects`
    is SQL that fails where its down leaves another schema than it has to, `brings_back` the same of
    its up.
    """

    id: str
    name: str
    sql: Sql
    row: Row = {}
    below: str | None = None
    tool: Ways | None = None
    limits: tuple[Limit, ...] = ()
    together: Mapping[str, Row] = {}
    steps: tuple[str, str] | None = None
    reminder: str = ""
    expects: str = ""
    brings_back: str = ""

    @property
    def ids(self) -> tuple[str, ...]:
        """Return its ids, newest first."""
        return (self.id, *self.together)

    @property
    def titles(self) -> tuple[str, str]:
        """Return those of its step and of the undo."""
        return self.steps or (f"Reverse {self.title}", f"Apply {self.title} again")

    @property
    def title(self) -> str:
        name = f"migration {clean(self.name, 60)}"
        return f"{name} and {len(self.together)} older" if self.together else name


def ids_of(changes: Sequence[Change]) -> list[str]:
    """Return the ids of all, newest first."""
    return [id for change in changes for id in change.ids]
