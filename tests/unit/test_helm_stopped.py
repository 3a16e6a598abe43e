"""An upgrade that its first hook stopped has changed nothing: what lives is of the revision before."""

from __future__ import annotations

import pytest
from helm_records import history, revision

from rollback.platforms.helm import details

STOPPED = 'Upgrade "shop" failed: pre-upgrade hooks failed: 1 error occurred: job migrate failed'


def applied(*known: tuple[str, str]) -> int | None:
    """The revision that the live objects are of; given status and description, oldest first."""
    revisions = [
        revision(number, f"v{number}", description, status)
        for number, (status, description) in enumerate(known, 1)
    ]
    of_live = details.facts(history(*revisions)[0]).applied
    return of_live.number if of_live else None


GOOD = ("deployed", "Upgrade complete")


@pytest.mark.parametrize(
    ("known", "number"),
    [
        ([GOOD, ("failed", STOPPED)], 1),
        ([GOOD, ("failed", STOPPED), ("failed", STOPPED)], 1),
        ([GOOD, ("pending-rollback", "Rollback"), ("failed", STOPPED)], 1),
    ],
    ids=["once", "twice", "after a rollback that never began"],
)
def test_the_live_objects_are_of_the_revision_before(
    known: list[tuple[str, str]], number: int
) -> None:
    assert applied(*known) == number


@pytest.mark.parametrize(
    "known",
    [
        [GOOD, ("failed", 'Upgrade "shop" failed: context deadline exceeded')],
        [GOOD, ("failed", 'Upgrade "shop" failed: post-upgrade hooks failed: job failed')],
        [("failed", 'Release "shop" failed: failed pre-install: job failed')],
        [("failed", STOPPED)],
    ],
    ids=["in the middle", "at its end", "an install", "nothing is older"],
)
def test_what_was_begun_counts_as_applied(known: list[tuple[str, str]]) -> None:
    assert applied(*known) is None
