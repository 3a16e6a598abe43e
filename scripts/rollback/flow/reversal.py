"""Which databases a plan takes back, and in which order with the application."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from msgspec.structs import replace

from rollback.model import component_ids
from rollback.flow import databases
from rollback.flow.databases import Answer, Asked, Known
from rollback.flow.computed_draft import ComputedDraft
from rollback.flow.in_release import Place
from rollback.flow.native_draft import NativeDraft
from rollback.flow.relax_draft import RelaxDraft
from rollback.flow.reversal_draft import Draft, Reversed
from rollback.flow.site import Site
from rollback.migrations import migrations as tools
from rollback.migrations._computed import Computed
from rollback.model import Component, Database, Finding, Move
from rollback.reversal import component as parts
from rollback.text import clean


def of(site: Site, moves: Sequence[Move], asked: Asked) -> list[Reversed]:
    """Return every database of a plan, with its reversal where it is asked for and possible.

    Raises Usage (database-url), Unreadable.
    """
    every = _together(databases.read(site, moves, asked))
    rows: list[Reversed] = []
    for known in every:
        if not (asked.reverse and known.answer and known.database.migrations):
            rows.append(Reversed(known))
        elif _is_second(known, rows):
            rows.append(Reversed(known, findings=(_second(known),)))
        else:
            number = sum(row.reversal is not None for row in rows) + 1
            draft = _draft(site, known, known.answer, asked, moves)
            draft.beside = tuple(_beside(known, every))
            draft.again = any(_same_database(known, row.known) and row.reversal for row in rows)
            rows.append(draft.reversed(moves, number))
    return rows


def _is_second(known: Known, rows: Sequence[Reversed]) -> bool:
    """Whether an earlier row changes a table that cannot tell the migrations of folders apart."""
    return any(
        _same_table(known, row.known) and row.reversal is not None for row in rows
    ) and _keeps_newest(known)


def _keeps_newest(known: Known) -> bool:
    table = tools[known.database.tool].TABLE
    return bool(table and (table.newest_only or table.heads))


def _same_database(known: Known, other: Known) -> bool:
    one, two = known.answer, other.answer
    return bool(one and two and one.instance.identity == two.instance.identity)


def _same_table(known: Known, other: Known) -> bool:
    one, two = known.answer, other.answer
    return bool(one and two and _same_database(known, other) and one.at.path == two.at.path)


def _beside(known: Known, every: Sequence[Known]) -> Iterator[str]:
    """Yield migrations of other folders that are kept in the same table, as it has their ids."""
    for other in every:
        if other is known or not other.answer or not _same_table(known, other):
            continue
        table, applied = other.answer.at.table, other.answer.applied.rows or {}
        for row in other.database.migrations:
            kept = applied.get(table.key(row.id))
            yield table.of(kept) if kept else row.id


def _together(rows: Sequence[Known]) -> list[Known]:
    """Return the rows, with the folders of all applications of a tool and database in one.

    One migration may need another application's: only together do they go back in order.
    """
    joined: dict[tuple[str, ...], Known] = {}
    for number, known in enumerate(rows):
        table = tools[known.database.tool].TABLE
        key: tuple[str, ...] = (str(number),)
        if known.answer and table and table.label and known.database.migrations:
            key = (known.source.component, known.database.tool, known.answer.instance.identity)
        joined[key] = _joined(joined[key], known) if key in joined else known
    return list(joined.values())


def _joined(one: Known, other: Known) -> Known:
    first, second = one.database, other.database
    database = replace(
        first,
        where=f"{first.where}, {second.where}",
        migrations=(*second.migrations, *first.migrations),
    )
    findings = tuple(dict.fromkeys((*one.findings, *other.findings)))
    beside = (*one.beside, other.source)
    return replace(one, database=database, findings=findings, beside=beside)


def _draft(site: Site, known: Known, answer: Answer, asked: Asked, moves: Sequence[Move]) -> Draft:
    relaxing = RelaxDraft(known, answer, asked)
    if relaxing.is_possible:
        return relaxing
    source = next(part for part in site.sources if part.component == known.source.component)
    way = tools[known.database.tool].NATIVE
    if way is None:
        return Draft(known, answer, asked)
    place = Place(way.HOME, source, source.moves_of(moves))
    if isinstance(way, Computed):
        return ComputedDraft(known, answer, asked, (way, place))
    return NativeDraft(known, answer, asked, (way, place))


def _second(known: Known) -> Finding:
    message = (
        f"--with-db is not built for several folders of one {known.database.tool} table: "
        f"{clean(known.database.where, 80)} came with this release, too"
    )
    fix = "reverse the migrations of one folder with their tool, then plan again"
    return Finding("blocker", "level-unsupported", message, fix)


def components(rows: Sequence[Reversed], apps: Sequence[Component]) -> list[Component]:
    """Return the components of a plan in order: backups, databases, the application.

    The old code uses what the reversal of a drop brings back: the database comes first. Only the
    new code uses what the reversal of an addition removes: the database comes last.
    """
    reversals = [row for row in rows if row.reversal]
    if not reversals:
        return list(apps)
    ready = [row.reversal for row in reversals if row.reversal]
    last = max((component.stage for component in apps), default=0) + 3
    first = [parts.component(row.reversal, 1) for row in reversals if row.is_first and row.reversal]
    final = [
        parts.component(row.reversal, last)
        for row in reversals
        if not row.is_first and row.reversal
    ]
    between = [replace(component, stage=component.stage + 2) for component in apps]
    return [parts.backups(ready, component_ids.BACKUPS), *first, *between, *final]


def payloads(rows: Sequence[Reversed]) -> dict[str, Mapping[str, bytes]]:
    """Return the files of each component. Raises Usage (database-url)."""
    return {
        row.reversal.move.target.component: parts.payloads(row.reversal)
        for row in rows
        if row.reversal
    }


def findings(rows: Sequence[Reversed]) -> list[Finding]:
    about = [finding for row in rows for finding in (*row.known.findings, *row.findings)]
    return [
        *about,
        *(
            _half_way(row.reversal)
            for row in rows
            if row.reversal and not row.reversal.engine.ATOMIC
        ),
    ]


def _half_way(reversal: parts.Reversal) -> Finding:
    message = (
        f"{reversal.address.location}: {reversal.engine.TITLE} commits each statement by itself; "
        "they are journalled, and a killed run goes on behind the last one"
    )
    return Finding("note", "not-atomic", message)


def listed(rows: Sequence[Reversed]) -> tuple[Database, ...]:
    """Return the databases that a plan shows: those with applied migrations of the release."""
    return tuple(row.known.database for row in rows if row.known.database.migrations)
