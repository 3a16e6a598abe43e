"""Knex: migration modules that take a knex, and the folder its knexfile names."""

from __future__ import annotations

import re

from rollback.detection.files import FileIndex, folder, join
from rollback.model import Evidence

TITLE = "Knex"
MARKERS = (
    "**/*migrat*/**/*.js",
    "**/*migrat*/**/*.ts",
    "**/*migrat*/**/*.mjs",
    "**/*migrat*/**/*.cjs",
    "knexfile.*",
)

_MODULE = (
    r"(?:exports\.up\s*=|function up\s*\(|const up\s*[:=]|\bup\s*[:(])[^\n]*\b[kK]nex\b|"
    r"from ['\"]knex['\"]|"
    r"@(?:param|type)\s*\{[^}]*\b[kK]nex\b|createTransactionalMigration"
)


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
