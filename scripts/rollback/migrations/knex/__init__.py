"""Knex: migration modules that take a knex, and the folder its knexfile names."""

from __future__ import annotations

import re
from collections.abc import Mapping

from rollback.detection.files import FileIndex, folder, join
from rollback.migrations._files import Reversal, Script
from rollback.migrations._native import Native
from rollback.migrations._table import Table, no_down
from rollback.migrations.knex import native
from rollback.model import Evidence

TITLE = "Knex"
MARKERS = (
    "**/*migrat*/**/*.js",
    "**/*migrat*/**/*.ts",
    "**/*migrat*/**/*.mjs",
    "**/*migrat*/**/*.cjs",
    "knexfile.*",
)
REVERSAL: Reversal = "native"
REFUSES_NEWER = r"\bknex\b[^\n;&|]{0,200}\smigrate:(?:latest|up)\b"
TABLE: Table | None = Table("knex_migrations", id="name", order="id")
NATIVE: Native | None = native
down = no_down

_MODULE = (
    r"(?:exports\.up\s*=|function up\s*\(|const up\s*[:=]|\bup\s*[:(])[^\n]*\b[kK]nex\b|"
    r"from ['\"]knex['\"]|"
    r"@(?:param|type)\s*\{[^}]*\b[kK]nex\b|createTransactionalMigration"
)


def read(files: Mapping[str, str]) -> list[Script]:
    from rollback.migrations.knex import modules

    return modules.read(files)


def detect(files: FileIndex) -> list[Evidence]:
    folders = {
        _without_versions(place)
        for place in files.confirmed(
            _MODULE, *MARKERS[:4], *(f"{place}/*" for place in _configured(files))
        )
    }
    return [Evidence(90, place, ("modules that migrate with knex",)) for place in sorted(folders)]


def _configured(files: FileIndex) -> list[str]:
    """Return folders that knexfiles name."""
    directory = re.compile(r"directory\s*:\s*[^'\"\n]*['\"]([^'\"]+)['\"]")
    named = [
        (path, name)
        for path in files.matching("knexfile.*")
        for name in directory.findall(files.text(path))
    ]
    return [join(folder(path), name.lstrip("/")) for path, name in named if "seed" not in name]


def _without_versions(place: str) -> str:
    return re.sub(r"(?:/\d[\w.-]*)+$", "", place)
