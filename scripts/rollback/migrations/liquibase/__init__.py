"""Liquibase: the folders whose changelogs hold change sets."""

from __future__ import annotations

import re
from collections.abc import Mapping

from rollback.detection.files import FileIndex
from rollback.migrations._files import NO_COMMAND, Reversal, Script
from rollback.migrations._native import Native
from rollback.migrations._table import Table, no_down
from rollback.migrations.liquibase import native
from rollback.model import Evidence

TITLE = "Liquibase"
MARKERS = ("*.xml", "*.yaml", "*.yml", "*.json", "*.sql", "*.groovy")
REVERSAL: Reversal = "per-file"
REFUSES_NEWER = NO_COMMAND
TABLE: Table | None = Table(
    "databasechangelog", id="id", author="author", order="dateexecuted, orderexecuted"
)
NATIVE: Native | None = native
down = no_down

_PLACE = re.compile(
    r"change-?log|liquibase|migration|change-?set|(?:^|/)changes?/|(?:^|/)db/|databasechange",
    re.IGNORECASE,
)
_CHANGELOG = re.compile(
    r"<(?:\w+:)?databaseChangeLog|^databaseChangeLog\s*[:=]|\"databaseChangeLog\"|"
    r"^--\s*liquibase formatted sql",
    re.MULTILINE | re.IGNORECASE,
)
_CHANGE = re.compile(
    r"<(?:\w+:)?changeSet|changeSet\s*[:(]|\"changeSet\"|^--\s*changeset",
    re.MULTILINE | re.IGNORECASE,
)


def read(files: Mapping[str, str]) -> list[Script]:
    from rollback.migrations.liquibase import changelogs

    return changelogs.read(files)


def detect(files: FileIndex) -> list[Evidence]:
    holding, including = set[str](), set[str]()
    elsewhere = _elsewhere(files)
    for place, paths in files.folders(*MARKERS).items():
        likely = [path for path in paths if _PLACE.search(path) or path.endswith(elsewhere)]
        logs = [
            text
            for path in (*likely[:6], *likely[-2:])
            if _CHANGELOG.search(text := files.text(path))
        ]
        if any(_CHANGE.search(text) for text in logs):
            holding.add(re.sub(r"(?:/(?:v|release[-_]?)?\d[\w.-]*)+$", "", place))
        elif logs:
            including.add(place)
    evidence = [Evidence(90, place, ("change sets",)) for place in sorted(holding)]
    return evidence or [Evidence(70, place, ("changelog",)) for place in sorted(including)]


def _elsewhere(files: FileIndex) -> tuple[str, ...]:
    """Return the file types that may be changelogs whatever their name."""
    if files.matching("liquibase*.properties"):
        return (".sql", ".xml", ".yaml", ".yml")
    return (
        (".sql", "db.xml")
        if files.holding(
            "liquibase", "pom.xml", "build.gradle*", "*dependencies.gradle", "libs.versions.toml"
        )
        else ()
    )
