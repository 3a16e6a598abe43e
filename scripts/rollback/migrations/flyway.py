"""Flyway: versioned files named V<version>__<description>."""

from __future__ import annotations

import re

from rollback.detection.files import FileIndex
from rollback.model import Evidence

TITLE = "Flyway"
MARKERS = ("V[0-9]*__*.sql", "V[0-9]*__*.java", "V[0-9]*__*.kt", "V[0-9]*__*.groovy")

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
