"""Tools that reverse a migration themselves: their own command, run in the release being left."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

if TYPE_CHECKING:
    from rollback.verdicts.operations import Operation


class Way(Struct, frozen=True):
    """One migration, read from its file: the commands that reverse it and apply it again.

    `operations` are what the reversal does, in order. `problem` says why the migration cannot be
    reversed; "" if it can. `newest`: the command takes the newest migration that is applied, so
    it is run only while that is this one. `marks` are the commands that only write in the tool's
    table that it is reversed, and that it is applied; of other tools a person changes the row.
    """

    down: tuple[str, ...] = ()
    up: tuple[str, ...] = ()
    operations: tuple[Operation, ...] = ()
    problem: str = ""
    newest: bool = False
    unapplied: tuple[str, ...] = ()
    marks: tuple[str, str] | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Return the words that the tool reads as the name of the migration."""
        words = () if self.newest else (*self.down[-1:], *self.up[-1:])
        return tuple(word.removeprefix(f"{FOLDER}/") for word in words)


class Native(Protocol):
    """What a tool with commands of its own offers. Nothing of the project is run here."""

    @property
    def HOME(self) -> str:
        """Return the name of the file beside which its commands are run: "manage.py"."""

    def ways(self, files: Mapping[str, str]) -> Mapping[str, Way]:
        """Return path -> how this migration is reversed, for all migrations of a folder.

        Of a tool whose files hold several migrations the id takes the place of the path.

        `files` are those of the folder, and the one of HOME as AT_HOME. Each command is about
        exactly one migration: never "the last one".
        """

    def ask(self, query: str) -> tuple[str, ...]:
        """Return a command that prints the one value that a query returns, as its last line.

        The database is the one that the project's own settings name.
        """


NO_NATIVE: Native | None = None  # tools whose migrations are SQL, or that cannot go back
AT_HOME = "<home>"
# words of a command that the flow fills in
FOLDER = "<folder>"  # that of the migrations, from HOME; also at the start of a path
VARIABLE = "<variable>"  # the name of the one with the database's URL
ANOTHER_DATABASE = "it names a connection of its own"
EMPTY_DOWN = "its down is empty"
NO_DOWN = "it has no down"
