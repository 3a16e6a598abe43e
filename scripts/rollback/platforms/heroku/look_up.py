"""A release named by its version or id, older than those that were read."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rollback.errors import Unreadable
from rollback.model import Release, Target
from rollback.platforms._hosted import memory
from rollback.platforms.heroku import client, details
from rollback.platforms.heroku.client import Row
from rollback.platforms.heroku.releases import from_rows
from rollback.shell import Shell

_NAME = re.compile(r"v[1-9]\d{0,8}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def look_up(
    target: Target, releases: Sequence[Release], wanted: str, shell: Shell
) -> Release | None:
    """Return the release of this app. Raises Unreadable."""
    if not _NAME.fullmatch(wanted):
        return None
    known = details.of(target)
    path = client.of_app(known.app, f"/releases/{wanted.removeprefix('v')}")
    try:
        row = client.get(client.connect(known.api), path, Row)
    except Unreadable as error:
        if error.code != "not-found":
            raise
        return None
    rows: Sequence[Row] = memory.once(shell, client.RELEASES, known.id, lambda: [])
    every = memory.keep(shell, client.RELEASES, known.id, [*rows, row])
    return next(release for release in from_rows(every) if release.id == f"v{row.version}")
