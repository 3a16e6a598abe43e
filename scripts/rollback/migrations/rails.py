"""Rails: ActiveRecord migrations, also of engines, plugins and further databases."""

from __future__ import annotations

from rollback.detection.files import FileIndex
from rollback.model import Evidence

TITLE = "Rails (ActiveRecord)"
MARKERS = ("**/*migrate*/[0-9]*_*.rb", "**/*migration*/[0-9]*_*.rb")

_CLASS = r"ActiveRecord::Migration|<\s*\S*Migration\[|Gitlab::Database::Migration"


def detect(files: FileIndex) -> list[Evidence]:
    folders = files.confirmed(_CLASS, *MARKERS, named=r"(?:^|/)db/\w*migrate/\d{14}_")
    return [
        Evidence(90, place, ("ActiveRecord migrations",))
        for place in folders
        if "/generators/" not in f"{place}/"
    ]
