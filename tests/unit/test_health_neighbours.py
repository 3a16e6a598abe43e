"""After a rollback also what did not move is looked at, and compared with how it was before."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from msgspec.structs import replace
from shop import LAST, NOW, Shop, shop
from sites import site, source

from rollback.flow import health, result
from rollback.flow.job import Job, Request
from rollback.flow.site import Site
from rollback.model import Check, HealthReport, TargetResult, Verdict
from rollback.platforms import release_folders
from rollback.script.launch import Ending

__all__ = ["shop"]
WEB = Check("web", "healthy", phase="after")


def neighbour(verdict: Verdict, name: str = "db") -> Check:
    return Check(name, verdict, moved=False)


def compared(before: Iterable[Check], *after: Check) -> HealthReport:
    return health.report(after, health.report(before))


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        ("healthy", "healthy", "healthy"),
        ("healthy", "unhealthy", "unhealthy"),
        ("healthy", "waiting", "unhealthy"),
        ("unknown", "unhealthy", "unhealthy"),  # it ran, and does not any more
        ("unhealthy", "unhealthy", "healthy"),
        ("unhealthy", "waiting", "healthy"),
        ("unhealthy", "healthy", "healthy"),
        ("unknown", "unknown", "healthy"),
        ("healthy", "unknown", "unknown"),  # well before, and nothing says so now
    ],
)
def test_a_neighbour_is_judged_by_how_it_was(before: Verdict, after: Verdict, verdict: str) -> None:
    assert compared([neighbour(before)], WEB, neighbour(after)).verdict == verdict


def test_one_that_nobody_looked_at_before_has_no_excuse() -> None:
    assert compared([], WEB, neighbour("unhealthy")).verdict == "unhealthy"


def test_one_that_was_healthy_and_is_no_longer_reported_is_told() -> None:
    found = compared([neighbour("healthy")], WEB)
    assert found.verdict == "unknown"
    assert found.checks[1:] == (
        Check("db", "unknown", "healthy before, not reported now", "after", moved=False),
    )


def test_what_moved_has_no_excuse() -> None:
    assert compared([Check("web", "unhealthy")], Check("web", "unhealthy")).verdict == "unhealthy"


def test_a_healthy_neighbour_proves_nothing_about_what_moved() -> None:
    assert (
        compared([neighbour("healthy")], Check("web", "unknown"), neighbour("healthy")).verdict
        == "unknown"
    )


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """What the platform reports, look by look; the last answer stays."""

    def answers(*looks: list[Check]) -> None:
        left = list(looks)
        monkeypatch.setattr(
            release_folders,
            "checks",
            lambda moves, shell: left.pop(0) if len(left) > 1 else left[0],
        )

    monkeypatch.setattr(health, "SETTLE", {"execute": 0.2, "restore": 0.2})
    monkeypatch.setattr(health, "SECOND_LOOK", 0.05)
    return answers


def at_folders() -> Site:
    return site(source(checks=lambda moves, shell: release_folders.checks(moves, shell)))


def test_what_failed_before_is_not_waited_for(checks: Callable[..., None]) -> None:
    from test_health import planned

    checks([WEB, neighbour("waiting")])
    began = time.monotonic()
    found = health.wait(at_folders(), planned(neighbour("unhealthy")), 30)
    assert (found.verdict, time.monotonic() - began < 5) == ("healthy", True)


def test_what_moved_and_is_still_starting_is_waited_for(checks: Callable[..., None]) -> None:
    from test_health import planned

    starting = [Check("web", "waiting"), neighbour("unhealthy")]
    checks(*[starting] * 3, [WEB, neighbour("unhealthy")])
    report = health.wait(at_folders(), planned(neighbour("unhealthy")), 30)
    assert report.verdict == "healthy"


@pytest.mark.programs
class TestARollback:
    def test_that_breaks_a_neighbour_is_unhealthy(
        self, shop: Shop, checks: Callable[..., None]
    ) -> None:
        before = [Check("web", "unhealthy"), neighbour("healthy")]
        checks(before, [WEB, neighbour("unhealthy")])
        shop.plan()
        told = shop.execute()
        assert (told.outcome, told.exit, told.health.verdict) == ("done", 7, "unhealthy")
        assert any("restore.py" in item for item in told.open)

    def test_beside_a_neighbour_that_failed_before_is_done_and_says_so(
        self, shop: Shop, checks: Callable[..., None]
    ) -> None:
        down = replace(neighbour("unhealthy"), detail="exited (1)")
        checks([Check("web", "unhealthy"), down], [WEB, down])
        shop.plan()
        told = shop.execute()
        assert (told.outcome, told.exit, told.health.verdict) == ("done", 0, "healthy")
        (after,) = [
            check for check in told.health.checks if (check.phase, check.name) == ("after", "db")
        ]
        assert after.detail == "exited (1) (failed before, too)"
        assert shop.ledger() == [(NOW, "seen"), (NOW, "rolled-back-from"), (LAST, "good")]

    def test_a_later_look_at_the_run_excuses_the_same(
        self, shop: Shop, checks: Callable[..., None]
    ) -> None:
        checks([Check("web", "unhealthy"), neighbour("unhealthy")], [WEB, neighbour("unhealthy")])
        shop.plan()
        shop.execute()
        found = health.of_run(shop.project, str(shop.run))
        assert (found.verdict, found.checks[1].detail) == ("healthy", "(failed before, too)")

    def test_of_what_failed_before_and_still_does_is_exit_7(
        self, shop: Shop, checks: Callable[..., None]
    ) -> None:
        checks([Check("web", "unhealthy", "500")])
        shop.plan()
        told = shop.execute()
        assert told.exit == 7 and told.health.checks[-1].detail == "500 (failed before, too)"


@pytest.mark.parametrize(("before", "exit"), [("unhealthy", 0), ("healthy", 8)])
def test_at_the_deadline_only_what_counts_is_late(before: Verdict, exit: int) -> None:
    from test_health import planned

    made = planned(neighbour(before))
    late = Job(
        Request(Path("/"), "execute"), Path("/run"), made, {}, "", time.monotonic() - 1, 0, False
    )
    after = health.report([WEB, neighbour("waiting")], made.health)
    target = TargetResult("app", "shop", "v2", "v1", "v1", "rolled-back", "read back")
    assert result.outcome(late, Ending(0), [target], after).exit == exit
