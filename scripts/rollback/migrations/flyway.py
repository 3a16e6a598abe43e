"""Flyway: versioned files named V<version>__<description>."""

from __future__ import annotations

import re
from collections.abc import Mapping

from rollback.detection.files import FileIndex
from rollback.migrations._files import NO_COMMAND, sql, Reversal
from rollback.migrations._native import NO_NATIVE
from rollback.migrations._table import Table
from rollback.model import Evidence

TITLE = "Flyway"
MARKERS = ("V[0-9]*__*.sql", "V[0-9]*__*.java", "V[0-9]*__*.kt", "V[0-9]*__*.groovy")
REVERSAL: Reversal = "per-file"
REFUSES_NEWER = NO_COMMAND
NATIVE = NO_NATIVE
TABLE: Table | None = Table(
    "flyway_schema_history",
    where="version IS NOT NULL AND type = 'SQL'",
    dirty="NOT success",
    order="installed_rank",
)

_OTHERS = r"^refinery\b|schemachange|\"?Evolve\"?|pyway"  # tools that share the naming
_JAVA = r"BaseJavaMigration|JavaMigration|JdbcMigration"


def detect(files: FileIndex) -> list[Evidence]:
    scripts = set(files.folders(MARKERS[0]))
    classes = set(files.confirmed(_JAVA, *MARKERS[1:]))
    if not _uses_flyway(files) and files.holding(
        _OTHERS, "Cargo.toml", "requirements*.txt", "pyproject.toml", "*.csproj"
    ):
        return []
    return [
        Evidence(90, place, ("files named V<version>__",))
        for place in sorted({_location(place) for place in scripts | classes})
    ]


def _uses_flyway(files: FileIndex) -> bool:
    return bool(
        files.holding(
            r"flyway",
            "pom.xml",
            "build.gradle*",
            "flyway.conf",
            "flyway.toml",
            "*compose*.y*ml",
            "libs.versions.toml",
        )
    )


def _location(place: str) -> str:
    """Return the location: a folder named like a version or a year belongs to its parent."""
    return re.sub(r"(?:/[vV]?\d[\w.-]*)+$", "", place)


def identify(path: str) -> str | None:
    """Return the version: "2.1" for V2_1__add_cart.sql."""
    match = re.search(r"(?:^|/)V(\d[\d._]*?)__[^/]*\.(?:sql|java|kt|groovy)$", path)
    return match[1].replace("_", ".") if match else None


def up(text: str) -> str | None:
    """Return the file; None for a migration in Java, Kotlin or Groovy."""
    return None if re.search(r"^\s*(?:public\s+)?(?:\w+\s+)?class\s+V\d", text, re.M) else text


read = sql(identify, up)


def down(path: str, texts: Mapping[str, str]) -> str | None:
    """Return the U script of the same version, wherever it lies: some keep it elsewhere."""
    version = identify(path)
    undos = {_undoes(other): text for other, text in texts.items() if _undoes(other)}
    return undos.get(version or "")


def _undoes(path: str) -> str:
    match = re.search(r"(?:^|/)U(\d[\d._]*?)__[^/]*\.sql$", path)
    return match[1].replace("_", ".") if match else ""
