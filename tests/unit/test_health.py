"""Never healthy by absence: what several checks add up to, and how long is waited for them."""

from __future__ import annotations

import time
from pathlib import Path

import msgspec
import pytest
from endpoint import answering
from msgspec.structs import replace
from records import plan

from rollback.flow import health
from rollback.model import Check, HealthReport, Move, Plan, Release, Target
from rollback.platforms import release_folders
from rollback.settings.environment import Environment
from rollback.settings.model import EnvironmentSettings, HealthCheck
from rollback.shell import Shell

HERE = Shell(Path("/"))


def environment(*urls: str, **settings: object) -> Environment:
    chosen = EnvironmentSettings(
        health=tuple(HealthCheck(url, **{"attempts": 1, **settings}) for url in urls)
    )
    return Environment("staging", False, Path("/"), chosen)


def move() -> Move:
    return Move(
        Target("staging", "release-folders", "shop", "here", False), Release("v2"), Release("v1")
    )


def planned(*before: Check) -> Plan:
    """A plan of that one move; `before` is what its look at health has found."""
    return replace(plan(), moves=(move(),), health=health.report(before))


@pytest.fixture
def quiet_platform(monkeypatch):
    """A platform that has nothing to say."""
    monkeypatch.setattr(release_folders, "checks", lambda moves, shell: [])


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        ([], "unknown"), (["unknown"], "unknown"), (["healthy"], "healthy"), (["healthy", "unknown"], "healthy"),
        (["healthy", "unhealthy"], "unhealthy"), (["healthy", "waiting"], "unhealthy"), (["unknown", "waiting"], "unhealthy"),
    ],
)  # fmt: skip
def test_checks_add_up(verdicts, expected):
    assert health.report(Check("one", verdict) for verdict in verdicts).verdict == expected


def test_no_check_at_all_is_unknown(quiet_platform):
    assert health.look(environment(), [move()], HERE, "before").verdict == "unknown"
    began = time.monotonic()
    assert health.wait(environment(), planned(), HERE, 60).verdict == "unknown"
    assert time.monotonic() - began < 1


def test_a_platform_that_cannot_be_read_is_no_verdict(monkeypatch):
    def broken(moves, shell):
        from rollback.errors import Unreadable

        raise Unreadable("read-failed", "web1 cannot be reached")

    monkeypatch.setattr(release_folders, "checks", broken)
    found = health.look(environment(), [move()], HERE, "after")
    assert found == HealthReport(
        "unknown", (Check("release-folders", "unknown", "web1 cannot be reached", "after"),)
    )


@pytest.mark.network
def test_one_look_does_not_wait_for_anything(quiet_platform):
    with answering((503, b"")) as server:
        (check,) = health.look(environment(server.url), [move()], HERE, "before").checks
    assert (check.verdict, check.phase) == ("unhealthy", "before")


@pytest.mark.network
@pytest.mark.parametrize(
    ("verb", "version", "verdict"),
    [("execute", "v1", "healthy"), ("execute", "v2", "unhealthy"), ("restore", "v2", "healthy")],
)
def test_the_release_that_should_serve_must_answer(verb, version, verdict, quiet_platform):
    with answering((200, {"version": version})) as server:
        assert (
            health.look(
                environment(server.url, version_key="version"), [move()], HERE, "after", verb
            ).verdict
            == verdict
        )


@pytest.mark.network
def test_waiting_ends_with_the_second_healthy_look(quiet_platform):
    with answering(lambda count: (200, b"") if count > 3 else (503, b"")) as server:
        found = health.wait(environment(server.url, attempts=9), planned(), HERE, 30)
    assert found.verdict == "healthy" and len(server.requests) == 5


@pytest.mark.network
def test_a_single_healthy_look_is_not_believed(quiet_platform, monkeypatch):
    monkeypatch.setattr(health, "SECOND_LOOK", 0.05)
    monkeypatch.setattr(health, "LONGEST_PAUSE", 0.05)
    with answering(lambda count: (200, b"") if count % 2 else (503, b"")) as server:
        assert health.wait(environment(server.url), planned(), HERE, 1).verdict == "unhealthy"
    assert len(server.requests) > 4


@pytest.mark.network
def test_past_the_deadline_waiting_is_unhealthy_and_still_says_that_it_waited(quiet_platform):
    with answering((200, {"version": "v2"})) as server:
        began = time.monotonic()
        found = health.wait(environment(server.url, version_key="version"), planned(), HERE, 1)
    assert (
        found.verdict == "unhealthy"
        and found.checks[0].verdict == "waiting"
        and "still serves v2, not v1" in found.checks[0].detail
    )
    assert 1 <= time.monotonic() - began < 4


@pytest.mark.network
def test_what_does_not_pass_by_itself_is_not_waited_for_to_the_end(quiet_platform, monkeypatch):
    monkeypatch.setattr(health, "SETTLE", {"execute": 0.5, "restore": 0.5})
    with answering((500, b"")) as server:
        began = time.monotonic()
        assert health.wait(environment(server.url), planned(), HERE, 60).verdict == "unhealthy"
    assert 0.5 <= time.monotonic() - began < 10 and len(server.requests) >= 2


def test_a_report_is_kept_privately(tmp_path):
    health.keep(tmp_path, HealthReport("healthy", (Check("one", "healthy"),)))
    file = tmp_path / "health.json"
    assert (
        msgspec.json.decode(file.read_bytes())["verdict"] == "healthy"
        and file.stat().st_mode & 0o777 == 0o600
    )
