"""What a reversal is said to do: what it loses, in which order it comes, how it is undone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rollback.flow.labels import few
from rollback.model import Database, Finding, Lost
from rollback.reversal import loss, remains
from rollback.reversal.change import Change, ids_of
from rollback.reversal.component import Reversal
from rollback.text import clean

FIRST = ("contract", "unknown", "tightened")  # the old code needs what the reversal brings back
_FEW = 5  # migrations named in one finding
_GAP = "if its requests may not fail for that long: stop the application, or fix forward"


def about_loss(losses: Sequence[Lost | None], accepted: bool) -> Iterator[Finding]:
    total = loss.total(losses)
    if not total.counted and not total.unknown:
        return
    known = [f"loses {'; '.join(total.counted[:5])}"] if total.counted else []
    unknown = [f"not counted: {'; '.join(total.unknown[:3])}"] if total.unknown else []
    message = f"the reversal {'; '.join([*known, *unknown])}"
    if accepted:
        yield Finding("warning", "loses-data", f"{message}; accepted, the backup keeps it")
        return
    fix = "leave the schema: plan without --with-db; or accept it: --accept-loss"
    yield Finding("blocker", "loses-data", message, fix)


def about_remains(changes: Sequence[Change]) -> Iterator[Finding]:
    """Report what stays behind, where no trial has compared the whole schema."""
    for change in changes:
        if not change.expects and (columns := remains.still_not_null(change)):
            names = ", ".join(few(columns, 3))
            message = f"the down of {change.title} drops a primary key: {names} stays NOT NULL"
            fix = "if it could be NULL before, the old code may fail: add DROP NOT NULL to the down"
            yield Finding("warning", "stays-not-null", clean(message, 240), fix)


def order(database: Database, location: str) -> Finding:
    if database.order == "after-app":
        why = "application first: only the new code uses what the reversal removes"
    else:
        needed = [row.id for row in database.migrations if row.verdict in FIRST]
        why = f"database first: the old code needs what the reversal of {needed[-1]} brings back"
        if taken := [row.id for row in database.migrations if row.verdict not in FIRST]:
            gone = ", ".join(few([clean(id, 40) for id in taken], 2))
            why = f"{why}; until the application is back, the new code runs without {gone}"
            return Finding("warning", "database-order", f"{location}: {clean(why, 240)}", _GAP)
    return Finding("note", "database-order", f"{location}: {clean(why, 160)}")


def about_restore(reversal: Reversal, database: Database) -> Finding:
    ids = ", ".join(reversed(ids_of(reversal.changes)[:_FEW]))
    comes_last = reversal.in_live or database.order != "after-app"
    first = reversal.undo_first or not comes_last
    breaks = first and any(row.verdict in FIRST for row in database.migrations)
    gap = " (until then requests of the older code may fail)" if breaks else ""
    message = (
        f"a restore applies migration {clean(ids, 80)} again, {'before' if first else 'after'} the "
        f"application{gap}; rows and values that the reversal drops are in the backup only: "
        f"{reversal.backup}"
    )
    return Finding("note", "restore-migrates", message)


def irreversible(change: Change) -> Finding:
    message = f"migration {change.id} cannot be reversed: {change.sql.problem}"
    fix = "fix forward, or write its down and commit it; nothing of the chain is reversed"
    return Finding("blocker", "irreversible-migration", message, change.sql.fix or fix)
