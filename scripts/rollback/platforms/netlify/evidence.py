"""Front pages of the next candidates: one that is broken is no release to go back to."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from rollback.model import Release
from rollback.platforms._hosted import memory, pages
from rollback.platforms.netlify import details
from rollback.platforms.netlify.client import PAGE
from rollback.shell import Shell

_LOOKED_AT = 4  # candidates, from the newest one


def without_broken(releases: Sequence[Release], shell: Shell) -> list[Release]:
    """Skip candidates with a front page that fails, if an older one has a page that does not.

    Where all fail, the site has no front page, and that says nothing.
    """
    live = next((at for at, row in enumerate(releases) if row.status == "live"), len(releases))
    below = [row for row in releases[live + 1 :] if row.status == "superseded" and not row.skip]
    urls = {row.id: details.facts_of(row).deploy.url for row in below[:_LOOKED_AT]}
    wanted = {id: url for id, url in urls.items() if url}
    found = dict(zip(wanted, pages.fetch(list(wanted.values())), strict=True))
    statuses = {id: memory.keep(shell, PAGE, id, page).status for id, page in found.items()}
    broken: set[str] = set()
    failing: list[str] = []
    for row in below[:_LOOKED_AT]:
        status = statuses.get(row.id, 0)
        if status == 404 or status == 410 or status >= 500:
            failing.append(row.id)
        elif 200 <= status < 300:
            broken.update(failing)
    return [_skipped(row, statuses[row.id]) if row.id in broken else row for row in releases]


def _skipped(row: Release, status: int) -> Release:
    reason = f"its own front page answers {status}"
    return replace(row, skip="unhealthy-evidence", skip_reason=reason)
