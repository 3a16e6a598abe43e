"""Long histories: they are read to a limit, and a plan says what it does not know."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from rollback.model import Finding, Release
from rollback.text import clean

# releases below the live one that have to be read before a list is long enough: any number may be
# newer, where what is built is not published
BELOW = 10


def cut(releases: Sequence[Release], what: str, fix: str) -> list[Release]:
    """Have the live release say that others exist which were not read; `what` says which."""
    message = f"{clean(what, 200)}: releases among them are not known to this plan"
    finding = Finding("warning", "history-cut", message, fix)
    return [
        replace(row, findings=(*row.findings, finding)) if row.status == "live" else row
        for row in releases
    ]
