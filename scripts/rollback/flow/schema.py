"""The schema stays: which migrations came with the release being left, and what old code meets.

Reads git only: the files of both releases. What is applied: flow/databases.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from rollback.detection.model import Migration as Folder
from rollback.flow import released
from rollback.flow.labels import few
from rollback.flow.taken_back import spans
from rollback.migrations import migrations as tools
from rollback.model import Database, Finding, Migration, Move
from rollback.settings.project import git
from rollback.text import clean

if TYPE_CHECKING:
    from rollback.migrations._files import Script

TIGHTENED = "schema-tightened"
BREAKS = "schema-breaks-old-code"
UNKNOWN = "schema-unknown"

_FEW = 3  # migrations named in one finding


class Source(Struct, frozen=True):
    """One folder of migrations between two commits of one component."""

    component: str
    folder: Folder
    old: str
    new: str


def sources(moves: Sequence[Move], folders: Sequence[Folder]) -> list[Source]:
    """Return every folder of migrations between the commits of every move, once each."""
    every = dict.fromkeys(
        Source(move.target.component, folder, *span)
        for move in moves
        for span in spans([move])
        for folder in folders
    )
    return list(every)


class Choice(Struct, frozen=True):
    """What a person chose. `accepted` is the reason to go back on a schema that breaks old code.

    `reverses`: a reversal was asked for, so what stays could not be reversed.
    """

    accepted: str | None = None
    reverses: bool = False


def findings(
    project: Path,
    moves: Sequence[Move],
    folders: Sequence[Folder],
    databases: Sequence[Database],
    choice: Choice,
) -> Iterator[Finding]:
    """Report what the old code would meet."""
    if not folders:
        yield from _nothing(choice, "the project has no files of a migration tool")
        return
    if not all(_is_known(project, move) for move in moves):
        message = (
            "migrations exist, but without both commits it is unknown which came with this "
            "release: the schema stays as it is"
        )
        fix = "compare the migrations of both releases yourself"
        yield Finding("note", UNKNOWN, message, fix)
    elif not databases:
        yield from _nothing(choice, "no applied migration came with this release")
    staying = [database for database in databases if database.action == "leave"]
    yield from _breaking(staying, choice)
    yield from _tightened([row for database in staying for row in database.migrations], choice)
    yield from _edited(project, moves, folders)


def _nothing(choice: Choice, why: str) -> Iterator[Finding]:
    """Say that the reversal that was asked for changes no database."""
    if choice.reverses:
        yield Finding("note", "nothing-to-reverse", f"--with-db changes no database: {why}")


def _breaking(staying: Sequence[Database], choice: Choice) -> Iterator[Finding]:
    broken = {
        database: [row for row in database.migrations if row.verdict in ("contract", "unknown")]
        for database in staying
    }
    breaking = [row for rows in broken.values() for row in rows]
    if not breaking:
        return
    message = f"old code on the new schema: {_listed(breaking)}"
    if choice.accepted:
        yield Finding("warning", BREAKS, f"{message}; accepted: {clean(choice.accepted, 80)}")
        return
    ways = ["fix forward", "bring the schema back first"]
    if not choice.reverses and all(
        tools[database.tool].TABLE for database, rows in broken.items() if rows
    ):
        ways[1:] = ["let the migrations go back, too: --with-db"]
    known = 'if you know that the old code runs: --accept-schema "WHY"'
    yield Finding("blocker", BREAKS, message, f"{', or '.join(ways)}; {known}")


def _tightened(rows: Sequence[Migration], choice: Choice) -> Iterator[Finding]:
    if tightened := [row for row in rows if row.verdict == "tightened"]:
        how = "" if choice.reverses else " (--with-db does where it can)"
        fix = f"relax the constraint first{how}, or make sure that the old code fulfils it"
        yield Finding("warning", TIGHTENED, f"old code may be refused: {_listed(tightened)}", fix)


def _listed(rows: Sequence[Migration]) -> str:
    return "; ".join(few([f"{clean(row.id, 40)}: {clean(row.why, 120)}" for row in rows], _FEW))


def _edited(project: Path, moves: Sequence[Move], folders: Sequence[Folder]) -> Iterator[Finding]:
    """Report files that both releases have with other contents, and those that are gone."""
    for old, new in spans(moves):
        changed = [path for folder in folders for path in _edited_in(project, folder, old, new)]
        if changed:
            files = "; ".join(few([clean(path, 60) for path in dict.fromkeys(changed)], _FEW))
            message = f"edited or removed between the two releases: {files}"
            fix = "compare them: what is applied may be neither text"
            yield Finding("warning", "edited-migration", message, fix)


def _edited_in(project: Path, folder: Folder, old: str, new: str) -> Iterator[str]:
    changed = _changed(project, "MD", old, new, [folder.dir])
    if not changed:
        return
    paths = [f":(literal){path}" for path in changed]
    before, after = (files(project, commit, *paths) for commit in (old, new))
    tool = tools[folder.tool]
    for path in changed:
        if released.is_edited(tool, path, before.get(path, ""), after.get(path)):
            yield path


def _is_known(project: Path, move: Move) -> bool:
    """Whether git has the commits of both releases."""
    commits = {commit for span in spans([move]) for commit in span}
    return bool(commits) and all(_exists(project, commit) for commit in commits)


def _exists(project: Path, commit: str) -> bool:
    return git(project, "cat-file", "-e", f"{commit}^{{commit}}") is not None


# ---- one folder ---------------------------------------------------------------------------


def database(project: Path, source: Source, engine: str = "") -> Database | None:
    """Return the migrations that came with the release being left, each with its verdict.

    `engine` is that of the database, where it is known; else the files show which SQL it is.
    """
    both = _released(project, source)
    if both is None:
        return None
    before, came = both
    engine, judged = released.judged(came, before, engine)
    reversal = tools[source.folder.tool].REVERSAL
    rows = [
        Migration(script.id, script.path, judgement.verdict, judgement.why, reversal)
        for script, judgement in zip(came, judged, strict=True)
    ]
    folder = source.folder
    return Database(source.component, folder.tool, folder.dir, engine, tuple(reversed(rows)))


def made_twice(project: Path, source: Source, engine: str) -> dict[str, str]:
    """Return path -> a table or column that the migration makes although the old release has it."""
    both = _released(project, source)
    return released.made_twice(both[1], both[0], engine) if both else {}


def _released(project: Path, source: Source) -> tuple[list[Script], list[Script]] | None:
    """Return the migrations of the older release and those that came since; None without any."""
    place = source.folder.dir
    added, changed = (
        {
            path
            for path in _changed(project, kind, source.old, source.new, [place])
            if _is_in(place, path)
        }
        for kind in ("A", "M")
    )
    if not added and not changed:
        return None
    texts = [files(project, commit, place) for commit in (source.old, source.new)]
    older, came = released.split(tools[source.folder.tool], texts[0], texts[1], added, changed)
    return (older, came) if came else None


def _changed(project: Path, kind: str, old: str, new: str, places: Iterable[str]) -> list[str]:
    """Return the paths that were added (A), modified or deleted (MD); a renamed one is both."""
    words = (
        "diff",
        "-z",
        "--no-renames",
        "--name-only",
        f"--diff-filter={kind}",
        f"{old}..{new}",
        "--",
        *places,
    )
    return [path for path in (git(project, *words) or "").split("\0") if path]


def files(project: Path, commit: str, *places: str) -> dict[str, str]:
    """Return path -> text of the files below folders, or of pathspecs, in one call of git."""
    words = ("grep", "--no-color", "--full-name", "-a", "-z", "-e", "", commit, "--", *places)
    texts: dict[str, list[str]] = {}
    for line in (git(project, *words) or "").split("\n"):
        path, found, text = line.removeprefix(f"{commit}:").partition("\0")
        if found:
            texts.setdefault(path, []).append(text)
    return {path: "\n".join(lines) for path, lines in texts.items()}


def _is_in(place: str, path: str) -> bool:
    return place == "." or path.startswith(f"{place}/")
