"""Commands and paths of a project are shown without what may be a secret in them."""

from __future__ import annotations

import json
from typing import Any

import heroku_recorded
import pytest
import vercel_recorded

from rollback.platforms._hosted import memory
from rollback.platforms._hosted.commands import masked
from rollback.platforms.heroku.client import App
from rollback.platforms.heroku.preflight import judged as heroku
from rollback.platforms.heroku.readings import Reading as HerokuReading
from rollback.platforms.heroku.readings import Slug
from rollback.platforms.vercel import client
from rollback.platforms.vercel.preflight import judged as vercel
from rollback.platforms.vercel.readings import Cron, Deployment, Reading
from rollback.platforms.vercel.snapshot import snapshot
from rollback.shell import Shell

SECRET = "hunter2secret"


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        (f"PGPASSWORD={SECRET} rake db:migrate", "PGPASSWORD=*** rake db:migrate"),
        (f"A='{SECRET} x' B=\"{SECRET} y\" ./go", "A=*** B=*** ./go"),
        (f"psql postgres://ana:{SECRET}@db.example/shop", "psql postgres://***@db.example/shop"),
        (f"psql postgres://{SECRET}@db.example/shop", "psql postgres://***@db.example/shop"),
        (f"migrate --password {SECRET} up", "migrate --password *** up"),
        (f"migrate --db-password='{SECRET}' up", "migrate --db-password=*** up"),
        (f"curl -H 'Authorization: Bearer {SECRET}' x", "curl -H 'Authorization: ***' x"),
        (f"curl -H \"X-Api-Key: {SECRET}\" x", 'curl -H "X-Api-Key: ***" x'),
        (f"curl -u ana:{SECRET} https://a.example", "curl -u *** https://a.example"),
        (f"redis-cli -a {SECRET} ping", "redis-cli -a *** ping"),
        (f"curl https://hooks.slack.com/services/T0/{SECRET}", "curl https://hooks.slack.com/***"),
        (f"A=$(cat {SECRET} y) ./go", "A=*** ./go"),
        (f"curl https://a.example/hook?t={SECRET}", "curl https://a.example/hook?***"),
        (f"mysql -uana -p{SECRET} shop", "mysql -u*** -p*** shop"),
        (f"notify --api-key {SECRET}", "notify --api-key ***"),
        (f"/api/cron?secret={SECRET}", "/api/cron?***"),
        ("python manage.py migrate --noinput", "python manage.py migrate --noinput"),
        ("bin/rails db:migrate && bin/rails data:load", "bin/rails db:migrate && bin/rails data:load"),
    ],
)  # fmt: skip
def test_what_may_be_a_secret_is_masked(command: str, shown: str) -> None:
    assert masked(command) == shown


def test_the_release_command_of_heroku_is_shown_without_it() -> None:
    (move,) = heroku_recorded.chosen(heroku_recorded.read(heroku_recorded.CASES[0]))
    slug = Slug({"release": f"PGPASSWORD={SECRET} rake db:migrate"})
    app = App("1", "shop")
    reading = HerokuReading([], app, {}, {}, True, slug, True, [], [], [], [], None)
    (finding,) = [row for row in heroku(move, reading) if row.code == "release-phase-runs"]
    assert SECRET not in finding.message and "rake db:migrate" in finding.message


def test_cron_jobs_of_vercel_are_told_apart_and_shown_without_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    case: Any = vercel_recorded.CASES[0]
    moves = vercel_recorded.chosen(case, vercel_recorded.read(case))
    now, then = (
        Deployment("dpl_x", "READY", crons=(Cron(f"/api/cron?secret={SECRET}{at}", "@daily"),))
        for at in (1, 2)
    )
    reading = Reading(vercel_recorded.project(case), then, now, (), "pro")
    (finding,) = [row for row in vercel(moves[0], reading) if row.code == "crons-go-back"]
    assert SECRET not in finding.message
    assert finding.message.count("/api/cron?*** (@daily)") == 2, "one ends, the other begins"
    monkeypatch.setattr("rollback.platforms.vercel.readings.of", lambda move, shell: reading)
    shell = Shell("/")  # type: ignore[arg-type]
    rows = [vercel_recorded.row(text) for text in case["rows"]]
    memory.keep(shell, client.DEPLOYMENTS, "prj_1", rows)
    (file,) = snapshot(moves, shell).values()
    assert SECRET not in file.decode() and "/api/cron?***" in json.dumps(json.loads(file))
    newest = [row["id"] for row in json.loads(file)["deployments"]]
    assert newest == sorted((row.uid for row in rows), key=lambda id: -int(id[4:]))
