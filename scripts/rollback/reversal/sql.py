"""The SQL that the scripts run beside that of the migrations: rows of the tool's table, proofs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rollback.database_contracts import Engine, Row
from rollback.reversal.applied import Place
from rollback.reversal.effects import Name
from rollback.text import clean

APPLIED, ABSENT = "applied", "absent"  # a migration
PARTLY = "partly applied"  # several that go back together
PRESENT, MISSING = "present", "missing"  # a table or column
NONE_BELOW = "-1"


class Statements:
    """Statements about the tool's table in one database."""

    def __init__(self, engine: Engine, at: Place) -> None:
        self.engine, self.at, self._table = engine, at, at.table
        self._id = engine.quoted(at.table.id)

    def applied(self, id: str) -> str:
        """Return an expression: is this migration applied?"""
        if self._table.newest_only:
            newest = f"(SELECT max({self._id}) FROM {self.at.name})"
            return f"coalesce({newest}, {NONE_BELOW}) >= {int(id)}"
        row = f"SELECT 1 FROM {self.at.name} t WHERE {self._is(id)}"
        return f"EXISTS ({row})"

    def lines(self, ids: Sequence[str]) -> list[str]:
        """Return a query per id: "3 applied" or "3 absent"."""
        return [
            f"SELECT {self._text(f'{id} ')} || {self._word(self.applied(id), APPLIED, ABSENT)}"
            for id in ids
        ]

    def is_newest(self, id: str) -> str:
        """Return a query that prints why where another migration is the newest applied one."""
        where = f" WHERE {self._table.where}" if self._table.where else ""
        order = ", ".join(f"t.{self.engine.quoted(name)} DESC" for name in self._table.orders)
        newest = (
            f"SELECT {self._whole_id('t.')} FROM {self.at.name} t{where} ORDER BY {order} LIMIT 1"
        )
        why = f"the tool would reverse another migration: {clean(id, 80)} is not the newest one"
        return f"SELECT {self._word(f'({newest}) = {self._text(id)}', '', why)}"

    def others(self, ids: Sequence[str]) -> str:
        """Return a query for what must stay as it is beside these migrations."""
        if self._table.newest_only:
            newest = max(map(int, ids))
            dirty = self._table.dirty or "FALSE"
            odd = f"SELECT 1 FROM {self.at.name} WHERE {self._id} > {newest} OR {dirty}"
            return f"SELECT {self._word(f'EXISTS ({odd})', 'changed', 'unchanged')} AS line"
        # the tables hold ids of one length, or numbers: text tells them apart well enough
        id = f"({self._whole_id()} || '')"  # as text, in every dialect
        kept = ", ".join(self._text(self._table.value(id)) for id in ids)
        where = f"{id} NOT IN ({kept})" + (f" AND {self._table.where}" if self._table.where else "")
        return (
            f"SELECT count(*) || ' others, ' || coalesce(min({id}), '') || ' to ' || "
            f"coalesce(max({id}), '') AS line FROM {self.at.name} WHERE {where}"
        )

    def proof(self, ids: Sequence[str], names: Mapping[Name, bool]) -> str:
        """Return a query for one line: are they applied, and do these tables and columns exist?"""
        parts = [self._state(ids)]
        for table, column in sorted(names):
            label = self._text(f", {table}.{column} ".replace(". ", " "))
            parts.append(
                f"{label} || {self._word(self.engine.exists(table, column), PRESENT, MISSING)}"
            )
        return f"SELECT {' || '.join(parts)}"

    def _state(self, ids: Sequence[str]) -> str:
        rows = [self.applied(id) for id in ids]
        if len(rows) == 1:
            return self._word(rows[0], APPLIED, ABSENT)
        every, some = " AND ".join(rows), " OR ".join(rows)
        words = [self._text(word) for word in (APPLIED, PARTLY, ABSENT)]
        return f"CASE WHEN {every} THEN {words[0]} WHEN {some} THEN {words[1]} ELSE {words[2]} END"

    def remove(self, id: str, below: str | None) -> str:
        """Return the statement that takes a migration out of the table."""
        if not self._table.newest_only:
            return self.engine.exactly_one(
                f"DELETE FROM {self.at.name} WHERE {self._is(id, alias='')}"
            )
        newest = f"{self._id} = {int(id)} AND NOT {self._table.dirty or 'FALSE'}"
        if below is None:
            return self.engine.exactly_one(f"DELETE FROM {self.at.name} WHERE {newest}")
        return self.engine.exactly_one(
            f"UPDATE {self.at.name} SET {self._id} = {int(below)} WHERE {newest}"
        )

    def add(self, id: str, below: str | None, row: Row) -> str:
        """Return the statement that brings the migration's row back as it was."""
        if self._table.newest_only and below is not None:
            return self.engine.exactly_one(
                f"UPDATE {self.at.name} SET {self._id} = {int(id)} WHERE {self._id} = {int(below)}"
            )
        given = row if row else {self._table.id: id, self._table.dirty: False}
        return self.engine.exactly_one(self._insert(given))

    def by_hand(self, id: str, row: Row) -> tuple[str, str]:
        """Return what a person types to take a migration out of the table, and into it."""
        delete = f"DELETE FROM {self.at.name} WHERE {self._is(id, alias='')};"
        return delete, f"{self._insert(row)};"

    def _insert(self, row: Row) -> str:
        names = ", ".join(map(self.engine.quoted, row))
        values = ", ".join(map(self._value, row.values()))
        return f"INSERT INTO {self.at.name} ({names}) VALUES ({values})"

    def _is(self, id: str, alias: str = "t.") -> str:
        where = f" AND {self._table.where}" if self._table.where else ""
        return f"{self._whole_id(alias)} = {self._text(self._table.value(id))}{where}"

    def _whole_id(self, alias: str = "") -> str:
        """Return an expression for the id of a row, with its label or author."""
        if self._table.author:
            author = f"{alias}{self.engine.quoted(self._table.author)}"
            return f"({alias}{self._id} || {self._text('::')} || {author})"
        if not self._table.label:
            return f"{alias}{self._id}"
        label = f"{alias}{self.engine.quoted(self._table.label)}"
        return f"({label} || {self._text('.')} || {alias}{self._id})"

    def _word(self, condition: str, yes: str, no: str) -> str:
        return f"CASE WHEN {condition} THEN {self._text(yes)} ELSE {self._text(no)} END"

    def _text(self, text: str) -> str:
        return self.engine.literal(text)

    def _value(self, value: Any) -> str:
        if value is None:
            return "NULL"
        if isinstance(value, bool):
            return str(value).upper()
        return self._text(str(value))


def proven(id_is: str, names: Mapping[Name, bool]) -> str:
    """Return the line that a proof prints once everything is so."""
    parts = [id_is]
    for table, column in sorted(names):
        label = f", {table}.{column} ".replace(". ", " ")
        parts.append(f"{label}{PRESENT if names[table, column] else MISSING}")
    return "".join(parts)
