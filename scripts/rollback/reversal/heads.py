"""Statements about the table of a tool that keeps only the migrations that no other one follows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rollback.database_contracts import Engine
from rollback.reversal.applied import Place
from rollback.reversal.sql import Statements


class Heads(Statements):
    """A migration is applied where its row is there, or that of one that follows it."""

    def __init__(self, engine: Engine, at: Place, after: Mapping[str, Sequence[str]]) -> None:
        super().__init__(engine, at)
        self._after = after

    def applied(self, id: str) -> str:
        return f"EXISTS (SELECT 1 FROM {self.at.name} WHERE {self._in([id, *self._above(id)])})"

    def others(self, ids: Sequence[str]) -> str:
        below = {other for id in ids for other in self._after.get(id, ())}
        kept = self._in(sorted({*ids, *below}))
        return f"SELECT count(*) || ' others' AS line FROM {self.at.name} WHERE NOT {kept}"

    def _above(self, id: str) -> list[str]:
        """Return those that follow a migration, however far."""
        above: list[str] = []
        waiting = [id]
        while waiting:
            last = waiting.pop()
            new = [it for it, after in self._after.items() if last in after and it not in above]
            above += new
            waiting += new
        return above

    def _in(self, ids: Sequence[str]) -> str:
        return f"{self._id} IN ({', '.join(map(self._text, ids))})"
