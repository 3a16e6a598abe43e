"""Alembic (also Flask-Migrate): the folder of revision files."""

from __future__ import annotations

import re

from rollback.detection.files import FileIndex, folder, join
from rollback.model import Evidence

TITLE = "Alembic"
MARKERS = (
    "alembic.ini",
    "**/*versions*/**/*.py",
    "**/*alembic*/**/*.py",
    "**/*migrations*/**/*.py",
    "env.py",
)

_REVISION = r"^down_revision\b"


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
