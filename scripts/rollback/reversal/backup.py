"""The backup before a change: how it is made, and whether it can be."""

from __future__ import annotations

import os
import re
import shlex
import shutil
from pathlib import Path

from msgspec import Struct

from rollback.clock import now
from rollback.database_contracts import Engine
from rollback.model import Address, Command, Instance
from rollback.records import run
from rollback.settings.model import BackupSettings
from rollback.shell import Shell

SECONDS = 3600
# a word that the script replaces by the variable's value, so that no value is written anywhere
_REFERENCE = re.compile(r"((?:[^$\s]*=)?)\$(\w+)", re.ASCII)
_NAMED = re.compile(r"\$\{?([A-Za-z_]\w*)", re.ASCII)


class Making(Struct, frozen=True):
    """How a backup is made: by `command` of the settings, run in `folder`, else by the engine.

    `drill`: it is restored into a scratch database before it counts.
    """

    command: tuple[str, ...] = ()
    folder: str = ""
    drill: bool = False

    @property
    def variables(self) -> tuple[str, ...]:
        """Return the names of the variables that the command names."""
        return tuple(dict.fromkeys(_NAMED.findall(" ".join(self.command))))


def making(settings: BackupSettings, project: Path, drill: bool) -> Making:
    return Making(settings.command, str(project), drill)


def path(settings: BackupSettings, suffix: str, number: int) -> str:
    """Return where the backup is written; of a command, where the name that it prints is kept."""
    if settings.command:
        return f"{run.BACKUP}/database-{number}.name"
    if settings.directory is None:
        return f"{run.BACKUP}/database-{number}{suffix}"
    stamp = re.sub(r"\D", "", now())
    return str(Path(settings.directory).absolute() / f"database-{number}-{stamp}{suffix}")


def command(made: Making, engine_words: Command, path: str) -> Command:
    """Return what makes the backup; `engine_words` is the engine's command for it."""
    if not made.command:
        return engine_words
    program, *rest = made.command
    words = ("backup_by_command", path, made.folder, _program(program, made.folder), *rest)
    typed = f"(cd {shlex.quote(made.folder)} && {' '.join(map(_typed, made.command))})"
    return Command(words, SECONDS, made.variables, typed)


def _program(name: str, folder: str) -> str:
    """Return the absolute path of a program; its name where there is none."""
    found = shutil.which(os.path.join(folder, name) if os.sep in name else name)
    return os.path.abspath(found) if found else name


def _typed(word: str) -> str:
    if match := _REFERENCE.fullmatch(word):
        return f'{shlex.quote(match[1]) if match[1] else ""}"${match[2]}"'
    return shlex.quote(word)


def problem(
    engine: Engine, instance: Instance, settings: BackupSettings, made: Making, shell: Shell
) -> str:
    """Return why there can be no backup, or ""."""
    if made.command and made.drill:
        return "--drill-backup cannot restore what `backup: command` makes"
    if made.command:
        return _command_problem(made)
    if why := engine.dump_problem(instance.version, shell):
        return why
    directory = Path(settings.directory or made.folder)
    if not directory.is_dir() or not os.access(directory, os.W_OK):
        return f"{directory} is no folder that can be written"
    free = shutil.disk_usage(directory).free
    if free < instance.bytes:
        needed = _megabytes(instance.bytes)
        return f"the database has {needed}, {directory} has {_megabytes(free)} free"
    return ""


def drill_problem(engine: Engine, address: Address, made: Making, shell: Shell) -> str:
    """Return why it cannot be restored into a scratch database, or "". Raises Unreadable."""
    if not made.drill or not engine.SCRATCH:
        return ""
    ((row,),) = engine.read(address, [engine.SCRATCH], shell)
    return "" if row["may"] else "--drill-backup needs a user who may create a database"


def _command_problem(made: Making) -> str:
    if not os.path.isabs(_program(made.command[0], made.folder)):
        return f"{made.command[0]} of `backup: command` is not on PATH"
    missing = [name for name in made.variables if not os.environ.get(name)]
    return f"`backup: command` names ${missing[0]}, which is not set" if missing else ""


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"
