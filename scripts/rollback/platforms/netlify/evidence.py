"""Front pages of the next candidates: one that is broken is no release to go back to."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from rollback.model import Release
from rollback.platforms._hosted import memory, pages
from rollback.platforms.netlify import details
from rollback.platforms.netlify.client import PAGE
from rollback.shell import Shell

_AT_ONCE, _LOOKED_AT = 4, 12  # candidates, from the newest one


def without_broken(releases: Sequence[Release], shell: Shell) -> list[Release]:
    """Skip candidates with a front page that fails, if an older one or the live one answers.

    Where all fail, the site has no front page, and that says nothing. Where the live one answers
    and they do not, the site's retention may have deleted them.
    """
    live = next((at for at, row in enumerate(releases) if row.status == "live"), len(releases))
    below = [row for row in releases[live + 1 :] if row.status == "superseded" and not row.skip]
    looked: list[tuple[Release, int]] = []
    serves = False
    while len(looked) < min(len(below), _LOOKED_AT):
        batch = below[len(looked) : len(looked) + _AT_ONCE]
        at_first = [] if looked else list(releases[live : live + 1])
        statuses = _statuses([*at_first, *batch], shell)
        serves = serves or any(_answers(statuses.get(row.id, 0)) for row in at_first)
        looked += [(row, statuses.get(row.id, 0)) for row in batch]
        if not serves or not all(_fails(status) for _, status in looked):
            break
    return _judged(releases, looked, serves)


def _judged(
    releases: Sequence[Release], looked: Sequence[tuple[Release, int]], serves: bool
) -> list[Release]:
    """Skip those that fail above one that answers; all that fail where the live one answers."""
    answering = [at for at, (_, status) in enumerate(looked) if _answers(status)]
    above = len(looked) if serves else max(answering, default=0)
    broken = {row.id: status for row, status in looked[:above] if _fails(status)}
    judged = [_skipped(row, broken[row.id]) if row.id in broken else row for row in releases]
    if not serves or len(broken) < _LOOKED_AT:
        return judged
    last = next(at for at, row in enumerate(judged) if row.id == looked[-1][0].id)
    return [*judged[: last + 1], *map(_older_than_gone, judged[last + 1 :])]


def _older_than_gone(row: Release) -> Release:
    """Retention deletes the oldest first: below so many that are gone none is looked at."""
    if row.skip or row.status == "failed":
        return row
    return replace(row, skip="artifact-gone", skip_reason=f"older than {_LOOKED_AT} that are gone")


def _statuses(rows: Sequence[Release], shell: Shell) -> dict[str, int]:
    """Return id -> what its own front page answers; a page is kept for the rest of the plan."""
    urls = {row.id: details.facts_of(row).deploy.url for row in rows}
    wanted = {id: url for id, url in urls.items() if url}
    found = dict(zip(wanted, pages.fetch(list(wanted.values())), strict=True))
    return {id: memory.keep(shell, PAGE, id, page).status for id, page in found.items()}


def _answers(status: int) -> bool:
    return 200 <= status < 300


def _fails(status: int) -> bool:
    return status in (404, 410) or status >= 500


def _skipped(row: Release, status: int) -> Release:
    reason = f"its own front page answers {status}"
    return replace(row, skip="unhealthy-evidence", skip_reason=reason)
