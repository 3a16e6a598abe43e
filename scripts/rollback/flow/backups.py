"""The backups that are made anyway: is there one, and how old is the newest?"""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Sequence
from datetime import datetime, timezone
from pathlib import Path

from msgspec import Struct

from rollback import clock
from rollback.errors import RollbackError
from rollback.flow.reversal_draft import Reversed
from rollback.flow.site import Site
from rollback.model import Command, Finding
from rollback.settings.model import BackupSettings, DatabaseSettings
from rollback.shell import Shell, last_line
from rollback.text import clean

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_SECONDS = 30  # for the command that prints when the newest one was made


class Newest(Struct, frozen=True):
    """The newest backup: its name, and its age in seconds; `missing` says why there is none."""

    name: str = ""
    age: float = 0
    missing: str = ""


def findings(
    site: Site, rows: Sequence[Reversed], project: Path, reverses: bool
) -> Iterator[Finding]:
    """Report a backup that is missing or older than the settings allow.

    It blocks only where a database is to change and no backup of it is made before.
    """
    for settings in _databases(site):
        changes = [row for row in rows if row.known.settings == settings]
        planned = any(row.known.database.migrations for row in changes)
        made = any(row.reversal for row in changes)
        against = reverses and planned and not made
        if finding := _finding(settings, project):
            yield Finding("blocker" if against else "warning", *finding)


def _databases(site: Site) -> list[DatabaseSettings]:
    every = [
        settings
        for part in site.sources
        for settings in part.environment.settings.databases
        if settings.backup.files or settings.backup.newest
    ]
    return list(dict.fromkeys(every))


def _finding(settings: DatabaseSettings, project: Path) -> tuple[str, str, str] | None:
    """Return code, message and fix; None where the newest backup is young enough."""
    newest = _newest(settings.backup, project)
    what = f"the database in ${settings.url}"
    if newest.missing:
        fix = "make a backup now; correct database: {backup: {files, newest}} in the settings"
        return "no-backup", f"no backup of {what} is known: {newest.missing}", fix
    if newest.age <= _seconds(settings.backup.max_age):
        return None
    age = f"{clock.age(newest.age)} old, more than {settings.backup.max_age}"
    fix = "make a backup now, and see why the regular one is late"
    return "backup-old", f"the newest backup of {what} is {age}: {newest.name}", fix


def _seconds(age: str) -> int:
    return int(age[:-1]) * _UNITS[age[-1]]


def _newest(settings: BackupSettings, project: Path) -> Newest:
    if settings.newest:
        return _by_command(settings.newest, project)
    pattern = os.path.join(project, settings.files or "")
    files = [file for file in glob.iglob(pattern, recursive=True) if os.path.isfile(file)]
    filled = {file: os.stat(file) for file in files if os.path.getsize(file)}
    if not filled:
        empty = f", but {len(files)} empty" if files else ""
        return Newest(missing=f"no file is named {clean(settings.files or '', 120)}{empty}")
    name = max(filled, key=lambda file: filled[file].st_mtime)
    now = datetime.now(timezone.utc).timestamp()
    return Newest(clean(name, 160), max(0, now - filled[name].st_mtime))


def _by_command(words: Sequence[str], project: Path) -> Newest:
    shown = clean(words[0], 60)
    try:
        answer = Shell(project).ask(Command(tuple(words), _SECONDS))
    except RollbackError as error:
        return Newest(missing=clean(error.message, 160))
    if answer.status:
        why = clean(last_line(answer.stderr), 120)
        return Newest(missing=f"{shown} ended with {answer.status}: {why}")
    text = clean(last_line(answer.stdout), 60)
    made = _time(text)
    if made is None:
        fact = f'"{text}"' if text else "nothing"
        return Newest(missing=f"{shown} printed {fact}, which is no time (2026-11-29T08:00:00Z)")
    return Newest(f"made at {text}", max(0, datetime.now(timezone.utc).timestamp() - made))


def _time(text: str) -> float | None:
    """Return seconds since 1970 of a number of seconds, or of a time in ISO 8601."""
    if text.isdigit() and len(text) < 12:
        return float(text)
    try:
        when = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return None
    return when.replace(tzinfo=when.tzinfo or timezone.utc).timestamp()
