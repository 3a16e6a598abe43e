"""Health by logs: a rate before, a rate after, and no verdict without both."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace
from sites import site, source

from rollback import clock
from rollback.contracts import no_logs
from rollback.errors import Unreadable, Usage
from rollback.flow import health, logged, plan_findings
from rollback.flow.logged import Window
from rollback.flow.plan import Request
from rollback.model import Check, HealthReport, Move, Release, Target
from rollback.probes import logs
from rollback.settings import load
from rollback.settings.model import HealthCheck, LogCheck

BEFORE = HealthReport("unknown", (Check("logs", "unknown", "2.0 a minute match", "before"),))
MOVE = Move(Target("staging", "app", "stub", "shop", "here", False), Release("2"), Release("1"),
            id="app.shop")  # fmt: skip


DEFAULT = LogCheck()


def checks(lines, window, settings=DEFAULT, move=None, label=str):
    def read(moves, seconds, shell):
        asked.append(seconds)
        return lines() if callable(lines) else lines

    asked: list[int] = []
    app = source("app", health=(HealthCheck(logs=settings),), logs=read)
    return list(logged.checks(app.environment, [app], [move or MOVE], window, label)), asked


def test_before_the_change_it_is_a_number_over_five_minutes():
    (check,), asked = checks(["ERROR one", "fine", "an exception: two"], Window("before"))
    assert asked == [300]
    assert (check.verdict, check.detail) == ("unknown", "0.4 a minute match")


def test_too_soon_after_the_change_nothing_is_read_and_it_is_waited():
    (check,), asked = checks([], Window("after", 3.0, BEFORE))
    assert (check.verdict, asked) == ("waiting", [])


def test_a_release_that_is_live_for_seconds_has_no_rate():
    young = replace(MOVE, current=replace(MOVE.current, deployed_at=clock.now(-20)))
    (check,), asked = checks(["ERROR"], Window("before"), move=young)
    assert (check.verdict, asked) == ("unknown", []) and "live for 2" in check.detail


def test_a_rate_is_of_the_time_that_the_release_is_live():
    young = replace(MOVE, current=replace(MOVE.current, deployed_at=clock.now(-120)))
    (check,), (seconds,) = checks(["ERROR"] * 60, Window("before"), move=young)
    assert 115 <= seconds <= 120 and check.detail.startswith(("30.", "29.", "31."))


def test_a_burst_at_the_start_is_waited_for():
    (check,), _ = checks(["ERROR"] * 9, Window("after", 20.0, BEFORE))
    assert check.verdict == "waiting"


def test_as_many_errors_as_before_prove_nothing_where_those_were_too_many():
    many = HealthReport("unknown", (Check("logs", "unknown", "600.0 a minute match", "before"),))
    (check,), _ = checks(["ERROR"] * 590, Window("after", 60.0, many))
    assert check.verdict == "unknown"
    (check,), _ = checks(["ERROR"] * 300, Window("after", 60.0, many))
    assert check.verdict == "healthy"


def test_no_line_at_all_proves_nothing():
    (check,), _ = checks([], Window("after", 60.0, BEFORE))
    assert check.verdict == "unknown"


def test_the_rate_before_is_found_under_the_name_of_the_component():
    rows = (
        Check("logs", "unknown", "900.0 a minute match", "before"),
        Check("web: logs", "unknown", "3.0 a minute match", "before"),
    )
    window = Window("after", 60.0, HealthReport("unknown", rows))
    (check,), _ = checks(["ERROR"] * 500, window, label=lambda name: f"web: {name}")
    assert (check.name, check.verdict) == ("logs", "unhealthy")


@pytest.mark.parametrize(
    ("count", "seconds", "increase", "verdict"),
    [
        (0, 20, 0, "healthy"),
        (2, 60, 2, "healthy"),
        (5, 60, 2, "unhealthy"),
        (9, 90, 2, "unhealthy"),
        (1, 20, 0, "waiting"),
    ],
)
def test_after_it_only_what_was_logged_since_counts_per_minute(count, seconds, increase, verdict):
    lines = ["ERROR"] * count + ["fine"]
    window = Window("after", float(seconds), BEFORE)
    (check,), asked = checks(lines, window, LogCheck(max_increase=increase))
    assert (asked, check.verdict) == ([seconds], verdict)
    assert "before 2.0" in check.detail


def test_without_a_rate_before_there_is_no_verdict():
    (check,), _ = checks([], Window("after", 60.0))
    assert check.verdict == "unknown"


def test_a_platform_whose_logs_are_not_read_is_unknown_and_says_so():
    (check,), _ = checks(None, Window("after", 60.0, BEFORE))
    assert check.verdict == "unknown" and "stub" in check.detail


def test_logs_that_cannot_be_read_are_unknown():
    def refuse():
        raise Unreadable("logs-unreadable", "logs: forbidden", "")

    (check,), _ = checks(refuse, Window("before"))
    assert (check.verdict, check.detail) == ("unknown", "logs: forbidden")


@pytest.mark.parametrize(
    ("line", "matches"),
    [
        ("level=error msg=x", True),
        ("Traceback (most recent call last):", True),
        ("FATAL: the database system is shutting down", True),
        ("GET /terror 200", False),
        ("0 errors", False),
        ("x" * 5000 + " ERROR", False),
    ],
)
def test_the_default_pattern_takes_whole_words_near_the_start_of_a_line(line, matches):
    assert (logs.rate(LogCheck(), [line], 60) == 1) is matches


def test_a_rate_is_read_back_as_it_was_written():
    before = HealthReport("unknown", (logs.measured("logs", 1234.56, "before"),))
    assert logs.earlier("logs", before) == 1234.6


def after(whole) -> HealthReport:
    return health.look(whole, [MOVE], "after", window=Window("after", 60.0, BEFORE))


def test_a_report_with_a_verdict_of_the_logs_is_healthy_or_not():
    quiet = source("app", health=(HealthCheck(logs=LogCheck()),), logs=lambda *_: ["fine"])
    both = site(quiet)
    assert after(both).verdict == "healthy"
    passing = lambda *_: [Check("web", "healthy")]  # noqa: E731
    silent = site(replace(quiet, platform=source("app", logs=no_logs, checks=passing).platform))
    assert after(silent).verdict == "unknown", "what a person asked for cannot tell"
    nothing = source("app", logs=lambda *_: [], checks=passing).platform
    assert after(site(replace(quiet, platform=nothing))).verdict == "unknown"
    assert health.look(silent, [MOVE], "before").verdict == "healthy", "a number, no verdict yet"
    assert health.look(both, [MOVE], "before").verdict == "unknown"


@pytest.mark.parametrize(
    "check",
    [
        "{logs: {pattern: '['}}",
        "{logs: {max_increase: -1}}",
        "{logs: {patern: x}}",
        "{logs: {}, url: 'http://localhost/'}",
        "{logs: {}, version_key: v}",
        "{logs: null}",
    ],
)
def test_settings_that_cannot_work_are_refused_with_their_path(check):
    text = f"environments: {{staging: {{health: [{check}]}}}}"
    with pytest.raises(Usage) as raised:
        load.parse(text.encode(), "settings")
    assert raised.value.code == "settings-invalid" and "staging/health/0" in raised.value.message


def test_a_plan_says_that_the_logs_of_a_platform_are_not_read():
    def codes(**members):
        whole = site(source("app", health=(HealthCheck(logs=DEFAULT),), **members))
        found = plan_findings.about_request(whole, Request(Path("/srv")))
        return [(row.level, row.code) for row in found]

    assert codes(logs=no_logs) == [("warning", "logs-not-read")]
    assert codes() == []
    silent = site(source("app", logs=no_logs))
    assert list(plan_findings.about_request(silent, Request(Path("/srv")))) == []
