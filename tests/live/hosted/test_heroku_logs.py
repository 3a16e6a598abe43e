"""Health by what a Heroku app has logged: a session is asked for, its lines are read without the token."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from heroku_server import Heroku
from hosted_site import Site


def checked(site: Site, heroku: Heroku) -> None:
    platform = {"app": heroku.app, "api": heroku.server.url}
    health = [{"logs": {"pattern": "error", "max_increase": 10}}]
    site.commit_settings({"platform": "heroku", "heroku": platform, "health": health})


def line(seconds_ago: float, said: str) -> tuple[str, str]:
    when = datetime.now(timezone.utc) - timedelta(seconds=seconds_ago)
    return when.isoformat(), said


def told(site: Site) -> tuple[str, str]:
    """The verdict and the detail of the plan's check of logs."""
    plan = site.plan(check=None)
    assert "logs-not-read" not in {row["code"] for row in plan["findings"]}
    (row,) = [row for row in plan["health"]["checks"] if row["name"] == "logs"]
    return row["verdict"], row["detail"]


def test_lines_of_the_app_and_of_its_router_are_counted_by_the_minute(site: Site, heroku: Heroku):
    checked(site, heroku)
    heroku.logged = [
        line(4000, "app[web.1]: error long ago"),
        *[line(200, "heroku[router]: at=error code=H10 status=503")] * 6,
        *[line(100, "app[web.1]: error")] * 4,
        line(50, "app[web.1]: served"),
    ]
    assert told(site) == ("unknown", "2.0 a minute match")  # 10 of them in 300 seconds
    asked = [row[:2] for row in heroku.server.log if "log" in row[1] or "streams" in row[1]]
    assert asked[-2:] == [("POST", "/apps/shop/log-sessions"), ("GET", "/streams/shop")]


def test_more_lines_than_heroku_keeps_make_no_rate(site: Site, heroku: Heroku):
    checked(site, heroku)
    heroku.logged = [line(10, "app[web.1]: error")] * 1600
    verdict, detail = told(site)
    assert verdict == "unknown" and "more than 1,500 lines in 300 s" in detail


def test_an_account_that_may_not_read_logs_is_told(site: Site, heroku: Heroku):
    checked(site, heroku)
    heroku.server.routes = forbidding(heroku)
    verdict, detail = told(site)
    assert verdict == "unknown" and "not permitted" in detail


def forbidding(heroku: Heroku):
    from loopback import Reply

    def answer(asked):
        if asked.path.endswith("/log-sessions"):
            return Reply(403, {"id": "forbidden", "message": "You do not have access."})
        return heroku.answer(asked)

    return answer
