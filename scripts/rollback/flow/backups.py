"""The backups that are made anyway: is there one, and how old is the newest?"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from msgspec import Struct
from msgspec.structs import asdict

from rollback import backups, clock
from rollback.backups import Newest, _local
from rollback.errors import RollbackError, Unreadable
from rollback.flow.reversal_draft import Reversed
from rollback.flow.site import Site, Source
from rollback.model import Finding
from rollback.settings.model import BackupSettings, DatabaseSettings
from rollback.shell import Shell

# seconds until an answer is not waited for: of a service; a command has a limit of its own
SECONDS, OF_COMMAND = 10, 35
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_AHEAD = 3600  # by which another clock may be ahead of this one


class _Problem(Struct, frozen=True):
    code: str
    message: str
    fix: str


class Reading:
    """One database whose backups are being looked for, beside everything else of a plan.

    Nothing waits for it at the end of the process: a thread of a pool would be waited for.
    """

    def __init__(self, settings: DatabaseSettings, source: Source, project: Path) -> None:
        self.settings = settings
        self._limit = SECONDS if settings.backup.service else OF_COMMAND
        self._until = time.monotonic() + self._limit
        self._answer: Newest | RollbackError | None = None
        self._thread = threading.Thread(target=self._read, args=(source, project), daemon=True)
        self._thread.start()

    def _read(self, source: Source, project: Path) -> None:
        group = source.environment.group
        near = asdict(group) if isinstance(group, Struct) else {}
        try:
            self._answer = _newest(self.settings.backup, near, project)
        except RollbackError as error:
            self._answer = error

    def answer(self) -> Newest:
        """Return the newest backup. Raises what kept it from being read."""
        self._thread.join(max(0.0, self._until - time.monotonic()))
        if self._answer is None:
            fix = "check the connection, then plan again"
            raise Unreadable("timed-out", f"no answer within {self._limit} s", fix)
        if isinstance(self._answer, RollbackError):
            raise self._answer
        return self._answer


def begin(site: Site, project: Path) -> list[Reading]:
    """Begin to look for the newest backup of every database whose settings say where."""
    every = {
        settings: source
        for source in site.sources
        for settings in source.environment.settings.databases
        if settings.backup.known
    }
    return [Reading(settings, source, project) for settings, source in every.items()]


def findings(
    readings: Sequence[Reading], rows: Sequence[Reversed], reverses: bool
) -> Iterator[Finding]:
    """Report a backup that is missing or older than the settings allow.

    It blocks only where a database is to change and no backup of it is made before.
    """
    for reading in readings:
        changes = [row for row in rows if row.known.settings == reading.settings]
        planned = any(row.known.database.migrations for row in changes)
        made = any(row.reversal for row in changes)
        against = reverses and planned and not made
        if problem := _problem(reading):
            level: Literal["blocker", "warning"] = "blocker" if against else "warning"
            yield Finding(level, problem.code, problem.message, problem.fix)


def _newest(settings: BackupSettings, near: Mapping[str, Any], project: Path) -> Newest:
    if settings.service:
        service = backups.services[settings.service]
        return service.newest(settings.name, near, Shell(project))
    if settings.newest:
        return _local.by_command(settings.newest, project)
    return _local.by_files(settings.files or "", project)


def _problem(reading: Reading) -> _Problem | None:
    """Return what is wrong; None where the newest backup is young enough."""
    settings = reading.settings
    what = f"the database in ${settings.url}"
    try:
        newest = reading.answer()
    except RollbackError as error:
        message = f"the backups of {what} cannot be read: {error.message}"
        return _Problem(error.code, message, error.fix)
    if newest.age < -_AHEAD:
        newest = Newest(missing=f"the time of the newest is in the future: {newest.name}")
    if newest.missing:
        fix = (
            "make a backup now; correct database: {backup: ...} in the settings if it names others"
        )
        message = f"no backup of {what} is known: {newest.missing}"
        return _Problem("no-backup", message, fix)
    if newest.age <= _seconds(settings.backup.max_age):
        return None
    age = f"{clock.age(newest.age)} old, more than {settings.backup.max_age}"
    fix = "make a backup now, and see why the regular one is late"
    return _Problem("backup-old", f"the newest backup of {what} is {age}: {newest.name}", fix)


def _seconds(age: str) -> int:
    return int(age[:-1]) * _UNITS[age[-1]]
