"""The migrations that meta/_journal.json lists, with the times by which the table knows them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from msgspec.structs import replace

from rollback.detection.files import folder
from rollback.migrations._files import Script, by_name, sql
from rollback.migrations.drizzle import computed

JOURNAL = "meta/_journal.json"


def read(files: Mapping[str, str]) -> list[Script]:
    """Return the migrations in the order of their journal; those without one by their names.

    The id is "0001_channel (1796062904558)": the table has only the number. A file that a journal
    does not list is no migration.
    """
    listed = {
        folder(folder(path)): entries(text) for path, text in files.items() if _is_journal(path)
    }
    found = [(script, listed.get(folder(script.path))) for script in _FILES(files)]
    known = [
        (list(times).index(script.id), replace(script, id=f"{script.id} ({times[script.id]})"))
        for script, times in found
        if times is not None and script.id in times
    ]
    ordered = [script for _, script in sorted(known, key=lambda pair: pair[0])]
    return [*ordered, *(script for script, times in found if times is None)]


def entries(text: str) -> dict[str, int]:
    """Return tag -> when, of a journal; nothing of one that is broken."""
    try:
        rows = json.loads(text)["entries"]
        return {str(row["tag"]): int(row["when"]) for row in rows}
    except (ValueError, KeyError, TypeError):
        return {}


def _is_journal(path: str) -> bool:
    return f"/{path}".endswith(f"/{JOURNAL}")


def identify(path: str) -> str | None:
    """Return the file name; of newer versions the folder's, whose file is migration.sql."""
    if not path.endswith(".sql") or re.search(r"(?:^|/|\.)down\.sql$", path):
        return None
    return folder(path).rpartition("/")[2] if path.endswith("/migration.sql") else by_name(path)


_FILES = sql(identify, computed.script)
