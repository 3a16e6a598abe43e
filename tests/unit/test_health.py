"""Never healthy by absence: what several checks add up to, and how long is waited for them."""

from __future__ import annotations

import time
from pathlib import Path

import msgspec
import pytest
from endpoint import answering
from msgspec.structs import replace
from records import plan
from sites import Checks, environment, move, site, source

from rollback.flow import health
from rollback.flow.site import Site
from rollback.model import DIRECTIONS, Check, Component, HealthReport, Plan
from rollback.settings.model import HealthCheck


def at(*urls: str, checks: Checks = lambda moves, shell: [], **settings: object) -> Site:
    """An environment with these endpoints, whose platform reports these checks."""
    endpoints = (HealthCheck(url, **{"attempts": 1, **settings}) for url in urls)
    return site(source(checks=checks), whole=environment(Path("/"), *endpoints))


def planned(*before: Check) -> Plan:
    """A plan of that one move; `before` is what its look at health has found."""
    component = Component("app", "platforms/stub", moves=(move(),))
    return replace(plan(), components=(component,), health=health.report(before))


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        ([], "unknown"), (["unknown"], "unknown"), (["healthy"], "healthy"), (["healthy", "unknown"], "healthy"),
        (["healthy", "unhealthy"], "unhealthy"), (["healthy", "waiting"], "unhealthy"), (["unknown", "waiting"], "unhealthy"),
    ],
)  # fmt: skip
def test_checks_add_up(verdicts, expected):
    assert health.report(Check("one", verdict) for verdict in verdicts).verdict == expected


def test_no_check_at_all_is_unknown():
    assert health.look(at(), [move()], "before").verdict == "unknown"
    began = time.monotonic()
    assert health.wait(at(), planned(), 60).verdict == "unknown"
    assert time.monotonic() - began < 1


def test_a_platform_that_cannot_be_read_is_no_verdict():
    def broken(moves, shell):
        from rollback.errors import Unreadable

        raise Unreadable("read-failed", "web1 cannot be reached")

    report = health.look(at(checks=broken), [move()], "after")
    check = Check("stub", "unknown", "web1 cannot be reached", "after")
    assert report == HealthReport("unknown", (check,))


def test_checks_of_several_components_say_whose_they_are():
    def checks(moves, shell):
        return [Check("web", "healthy") for _ in moves]

    several = site(source("site", checks=checks), source("admin", 1, checks=checks))
    report = health.look(several, [move("a", "site"), move("b", "admin")], "before")
    assert [check.name for check in report.checks] == ["site: web", "admin: web"]


def test_a_component_of_which_nothing_moves_is_not_looked_at():
    def checks(moves, shell):
        return [Check("web", "healthy")]

    several = site(source("site", checks=checks), source("admin", 1, checks=checks))
    report = health.look(several, [move("a", "site")], "before")
    assert [check.name for check in report.checks] == ["site: web"]


@pytest.mark.network
def test_a_component_has_endpoints_of_its_own():
    with answering((200, {"version": "v1"})) as server:
        own = HealthCheck(server.url, version_key="version", attempts=1)
        several = site(source("site", health=(own,)), source("admin", 1))
        moves = [move("a", "site"), move("b", "admin", to="v7")]
        report = health.look(several, moves, "after")
    assert [(check.name, check.verdict) for check in report.checks] == [
        (f"site: {server.url}", "healthy")
    ]


@pytest.mark.network
def test_one_look_does_not_wait_for_anything():
    with answering((503, b"")) as server:
        (check,) = health.look(at(server.url), [move()], "before").checks
    assert (check.verdict, check.phase) == ("unhealthy", "before")


@pytest.mark.network
@pytest.mark.parametrize(
    ("verb", "version", "verdict"),
    [("execute", "v1", "healthy"), ("execute", "v2", "unhealthy"), ("restore", "v2", "healthy")],
)
def test_the_release_that_should_serve_must_answer(verb, version, verdict):
    with answering((200, {"version": version})) as server:
        assert (
            health.look(
                at(server.url, version_key="version"), [move()], "after", DIRECTIONS[verb]
            ).verdict
            == verdict
        )


@pytest.mark.network
def test_a_migration_is_no_release_that_could_answer():
    with answering((200, {"version": "7"})) as server:
        endpoints = at(server.url, version_key="version")
        moves = [move(), move("shop", "db", to="7")]
        assert health.look(endpoints, moves, "after").verdict == "unhealthy"


@pytest.mark.network
def test_waiting_ends_with_the_second_healthy_look():
    with answering(lambda count: (200, b"") if count > 3 else (503, b"")) as server:
        found = health.wait(at(server.url, attempts=9), planned(), 30)
    assert found.verdict == "healthy" and len(server.requests) == 5


@pytest.mark.network
def test_a_single_healthy_look_is_not_believed(monkeypatch):
    monkeypatch.setattr(health, "SECOND_LOOK", 0.05)
    monkeypatch.setattr(health, "LONGEST_PAUSE", 0.05)
    with answering(lambda count: (200, b"") if count % 2 else (503, b"")) as server:
        assert health.wait(at(server.url), planned(), 1).verdict == "unhealthy"
    assert len(server.requests) > 4


@pytest.mark.network
@pytest.mark.parametrize(("key", "pause"), [("version", health.JUDGED), (None, health.SECOND_LOOK)])
def test_only_an_answer_that_names_its_release_is_confirmed_at_once(key, pause, monkeypatch):
    pauses = []
    monkeypatch.setattr(health.time, "sleep", pauses.append)
    with answering((200, {"version": "v1"})) as server:
        report = health.wait(at(server.url, version_key=key), planned(), 60)
    assert report.verdict == "healthy" and pauses == [pause]


@pytest.mark.network
def test_past_the_deadline_waiting_is_unhealthy_and_still_says_that_it_waited():
    with answering((200, {"version": "v2"})) as server:
        began = time.monotonic()
        found = health.wait(at(server.url, version_key="version"), planned(), 1)
    assert (
        found.verdict == "unhealthy"
        and found.checks[0].verdict == "waiting"
        and "still serves v2, not v1" in found.checks[0].detail
    )
    assert 1 <= time.monotonic() - began < 4


@pytest.mark.network
@pytest.mark.parametrize("settle", [None, 0.5])
def test_what_does_not_pass_by_itself_is_not_waited_for_to_the_end(monkeypatch, settle):
    if settle is None:  # the default
        monkeypatch.setattr(health, "SETTLE", {"execute": 0.5, "restore": 0.5})
    with answering((500, b"")) as server:
        place = at(server.url)
        settings = replace(place.environment.settings, settle=settle)
        place = replace(place, environment=replace(place.environment, settings=settings))
        began = time.monotonic()
        assert health.wait(place, planned(), 60).verdict == "unhealthy"
    assert 0.5 <= time.monotonic() - began < 10 and len(server.requests) >= 2


def test_a_report_is_kept_privately(tmp_path):
    health.keep(tmp_path, HealthReport("healthy", (Check("one", "healthy"),)))
    file = tmp_path / "health.json"
    assert (
        msgspec.json.decode(file.read_bytes())["verdict"] == "healthy"
        and file.stat().st_mode & 0o777 == 0o600
    )
