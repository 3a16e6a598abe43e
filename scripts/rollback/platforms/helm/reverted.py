"""Revisions that somebody rolled back from, as the descriptions in Helm's history tell."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rollback.platforms.helm.storage import Revision

_ROLLBACK = re.compile(r"Rollback to (\d+)")


def reverted(known: Sequence[Revision]) -> set[int]:
    """Return the numbers of revisions that were rolled back from.

    Older ones with the same content count too.
    """
    by_number = {revision.number: revision for revision in known}
    left: set[int] = set()
    for revision in sorted(known, key=lambda revision: revision.number):
        before = by_number.get(revision.number - 1)
        if before is None or not _is_rollback(revision):
            continue
        # the second of two rollbacks in a row that returns to what the first left undoes it:
        # that says nothing against a revision
        undone = _alike(by_number, left, revision) if _is_rollback(before) else set()
        left -= undone
        if not undone and before.manifest != revision.manifest:
            older = {number for number in by_number if number < revision.number}
            left |= _alike(by_number, older, before)
    return left


def _is_rollback(revision: Revision) -> bool:
    return bool(_ROLLBACK.search(revision.description))


def _alike(by_number: dict[int, Revision], numbers: set[int], like: Revision) -> set[int]:
    """Return those of the numbers whose revision has the content of `like`."""
    return {
        number
        for number in numbers
        if number in by_number and by_number[number].manifest == like.manifest
    }
