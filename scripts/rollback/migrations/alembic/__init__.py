"""Alembic (also Flask-Migrate): the folder of revision files."""

from __future__ import annotations

import re
from collections.abc import Mapping

from rollback.detection.files import FileIndex, folder, join
from rollback.migrations._files import Reversal, Script
from rollback.migrations._native import Native
from rollback.migrations._table import Table, no_down
from rollback.migrations.alembic import native
from rollback.model import Evidence

TITLE = "Alembic"
MARKERS = (
    "alembic.ini",
    "**/*versions*/**/*.py",
    "**/*alembic*/**/*.py",
    "**/*migrations*/**/*.py",
    "env.py",
)
REVERSAL: Reversal = "native"
REFUSES_NEWER = r"\balembic\b[^\n;&|]{0,200}\supgrade\b|\bflask\b[^\n;&|]{0,200}\sdb\s+upgrade\b"
TABLE: Table | None = Table("alembic_version", id="version_num", heads=True)
NATIVE: Native | None = native
down = no_down

_REVISION = r"^down_revision\b"


def read(files: Mapping[str, str]) -> list[Script]:
    from rollback.migrations.alembic import revisions

    return revisions.read(files)


def detect(files: FileIndex) -> list[Evidence]:
    revisions = {_without_years(place) for place in files.confirmed(_REVISION, *MARKERS[1:4])}
    folders = dict.fromkeys(revisions, "revision files")
    for ini in files.matching("alembic.ini"):
        for place in _configured(files, ini):
            folders.setdefault(place, f"script_location of {ini}")
    return [Evidence(90, place, (reason,)) for place, reason in sorted(folders.items())]


def _configured(files: FileIndex, ini: str) -> list[str]:
    """Return environments that are configured but have no revision yet."""
    location = re.search(
        r"^script_location\s*=\s*(?:%\(here\)s/)?(\S+)", files.text(ini), re.MULTILINE
    )
    place = join(folder(ini), location[1]) if location and ":" not in location[1] else folder(ini)
    started = files.has(join(place, "env.py")) and not any(
        files.confirmed(_REVISION, f"{place}/**/*.py")
    )
    return [join(place, "versions")] if started and files.matching(f"{place}/versions/*") else []


def _without_years(place: str) -> str:
    return re.sub(r"(?:/\d[\w.-]*)+$", "", place)
