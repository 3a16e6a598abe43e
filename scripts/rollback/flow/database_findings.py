"""What a database that answered says against a rollback: another one, a half migrated one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from rollback.model import Finding, Migration
from rollback.text import clean

if TYPE_CHECKING:
    from rollback.flow.databases import Answer, Asked
    from rollback.flow.trees import Trees

_FEW = 5
_OF_THE_RELEASE = ("tightened", "contract", "unknown")  # what the old code could meet


def wrong(
    answer: Answer,
    files: Trees,
    ids: set[str],
    asked: Asked,
    rows: tuple[Sequence[Migration], Sequence[Migration]],
) -> Finding | None:
    """Return what says that it is another database; `rows` are those released and those applied.

    One without any migration of the live release may be that of another environment: it is no
    proof that the old code runs.
    """
    location, (released, applied) = answer.address.location, rows
    fix = f"${answer.address.variable} should hold the URL of the database of this release"
    if answer.applied.rows is None:
        message = f"{location} has no table {clean(answer.at.path, 60)}"
        return asked.against("wrong-database", message, fix)
    if files.old and not ids & files.old.keys():
        message = f"{location} has none of the older release's migrations applied"
        return asked.against("wrong-database", message, fix)
    matters = any(row.verdict in _OF_THE_RELEASE for row in released)
    if matters and not applied and not answer.applied.dirty:
        message = (
            f"{location} has none of this release's migrations applied "
            f"({few([row.id for row in released])}): it proves nothing about them"
        )
        return asked.against("wrong-database", message, fix)
    return None


def odd(answer: Answer, files: Trees, ids: set[str], asked: Asked) -> Iterator[Finding]:
    """Yield what keeps a reversal away, and makes any rollback a risk."""
    unknown, before = strangers(answer, files, ids)
    if before:
        message = f"applied before this release, of packages or of removed files: {few(before)}"
        yield Finding("note", "unknown-migration", message)
    if unknown:
        message = f"applied, but in neither release: {few(unknown)}"
        fix = "find out where it came from; a rollback may break what it made"
        yield asked.against("unknown-migration", message, fix)
    if answer.applied.dirty:
        message = f"did not finish: migration {few(answer.applied.dirty)}"
        fix = "repair it with the migration tool first"
        yield asked.against("dirty-migration", message, fix)
    if answer.instance.replica and asked.reverse:
        message = f"{answer.address.location} takes no writes (a read replica, or set to read only)"
        fix = f"${answer.address.variable} should name the primary"
        yield Finding("blocker", "read-replica", message, fix)


def strangers(answer: Answer, files: Trees, ids: set[str]) -> tuple[list[str], list[str]]:
    """Return the ids of applied migrations that are in neither release.

    In the second list are those that a tool's table may have without a file, because they came
    before the newest one of the older release.
    """
    unknown = sorted(ids - files.old.keys() - files.new.keys())
    if not answer.at.table.mixed:
        return unknown, []
    order = list(answer.applied.rows or ())
    newest = max((place for place, id in enumerate(order) if id in files.old), default=0)
    before = [id for id in unknown if id in order[:newest]]
    return [id for id in unknown if id not in before], before


def partial(
    released: Sequence[Migration], kept: Sequence[Migration], is_strange: bool
) -> Iterator[Finding]:
    missing = [row.id for row in released if row not in kept]
    if missing and is_strange:
        message = f"not in the table, of this release: {few(missing)}"
        fix = "they count as applied: what is applied and in neither release may be one of them"
        yield Finding("warning", "half-applied", message, fix)
    elif missing and kept:
        message = f"not applied, of this release: {few(missing)}; applied: {len(kept)}"
        yield Finding("warning", "half-applied", message, "only what is applied can be reversed")
    elif missing:
        message = f"none of this release's migrations is applied: {few(missing)}"
        yield Finding("note", "half-applied", message)


def made_twice(rows: Sequence[Migration], twice: Mapping[str, str]) -> Iterator[Finding]:
    """Yield a blocker where a migration makes again what the older release has.

    It was renamed or squashed: its down would drop what the old code uses.
    """
    if rows:
        listed = few([f"{row.id} ({twice[row.file]})" for row in rows])
        message = f"migrations of this release make again what the older release has: {listed}"
        fix = "they were renamed or squashed: go back without --with-db"
        yield Finding("blocker", "irreversible-migration", message, fix)


def few(ids: Sequence[str]) -> str:
    more = f" and {len(ids) - _FEW} more" if len(ids) > _FEW else ""
    return clean(", ".join(ids[:_FEW]), 200) + more
