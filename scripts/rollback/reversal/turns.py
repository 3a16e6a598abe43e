"""Tools that take the newest migration back and apply the next one: is each the right one then?"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from rollback.text import clean


class Turns(Struct, frozen=True):
    """Ids. `files` are in the order in which the tool applies them, `table` as they were applied.

    No `files` where it applies exactly the one that it is told to.
    `rows` are those that go back, newest first; `unapplied` those that the tool would apply.
    """

    files: Sequence[str]
    table: Sequence[str]
    rows: Sequence[str]
    unapplied: Sequence[str]

    def problem(self, id: str) -> str:
        """Return why the tool would take another one in the place of this migration, or ""."""
        if id in self.unapplied:
            return "its tool does not count it as applied: the table has it under another file name"
        if kept := [other for other in self._newer(id) if other not in self.rows]:
            return f"{clean(kept[-1], 80)} was applied after it, and stays"
        if before := self._before(id):
            return (
                f"a restore would apply {clean(before[0], 80)} in its place, which is not applied"
            )
        return ""

    def _newer(self, id: str) -> Sequence[str]:
        return self.table[self.table.index(id) + 1 :] if id in self.table else ()

    def _before(self, id: str) -> list[str]:
        """Return what the tool would apply first when it should apply this one again."""
        if not self.files:
            return []
        place = {other: at for at, other in enumerate(self.files)}
        absent = (*self.unapplied, *self.rows[: self.rows.index(id)])
        return [other for other in absent if place.get(other, -1) < place.get(id, len(place))]
