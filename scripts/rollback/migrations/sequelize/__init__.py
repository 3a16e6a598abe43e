"""Sequelize (also with umzug): migration modules that take a queryInterface."""

from __future__ import annotations

import re
from collections.abc import Mapping

from rollback.detection.files import FileIndex, folder, join
from rollback.migrations._files import NO_COMMAND, Reversal, Script
from rollback.migrations._native import Native
from rollback.migrations._table import Table, no_down
from rollback.migrations.sequelize import native
from rollback.model import Evidence

TITLE = "Sequelize"
MARKERS = ("**/*migrat*/**/*.js", "**/*migrat*/**/*.ts", "**/*migrat*/**/*.cjs", ".sequelizerc")
REVERSAL: Reversal = "native"
REFUSES_NEWER = NO_COMMAND
TABLE: Table | None = Table("SequelizeMeta", id="name")
NATIVE: Native | None = native
down = no_down

_MODULE = r"queryInterface|QueryInterface"


def read(files: Mapping[str, str]) -> list[Script]:
    from rollback.migrations.sequelize import modules

    return modules.read(files)


def detect(files: FileIndex) -> list[Evidence]:
    places = [f"{place}/*" for place in _configured(files)]
    return [
        Evidence(90, place, ("modules that take a queryInterface",))
        for place in files.confirmed(_MODULE, *MARKERS[:3], *places)
    ]


def _configured(files: FileIndex) -> list[str]:
    """Return folders that .sequelizerc files name: path.resolve('db', 'migrations')."""
    folders = []
    for path in files.matching(".sequelizerc"):
        if line := re.search(r"migrations-path['\"]?\s*:\s*([^\n]*)", files.text(path)):
            folders.append(join(folder(path), *re.findall(r"['\"]([^'\"]+)['\"]", line[1])))
    return folders
