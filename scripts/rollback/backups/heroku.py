"""Heroku Postgres: what `heroku pg:backups` lists, read as that command reads it.

Source: heroku 11.10, dist/commands/pg/backups/index.js and heroku-cli-util, dist/utils/pg/host.js:
GET /client/v11/apps/APP/transfers of api.data.heroku.com, or of the host in HEROKU_DATA_HOST.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct

from rollback.backups import Newest, since, time_of
from rollback.errors import Unreadable, Usage
from rollback.platforms._hosted import answers, login
from rollback.platforms._hosted.api import Api
from rollback.platforms._hosted.urls import LOOPBACK, host
from rollback.platforms.heroku.client import ACCEPT, FIX, VARIABLE, of_app
from rollback.platforms.heroku.settings import API
from rollback.shell import Shell
from rollback.text import clean

NAME = re.compile(r"(?P<app>[a-z0-9][a-z0-9-]{1,62})(?:::(?P<database>\w{1,80}))?", re.ASCII)
NAMED = "the name of a Heroku app, or APP::DATABASE"
_HOSTS = ("HEROKU_DATA_HOST", "HEROKU_POSTGRESQL_HOST")
# the token goes to none but these: as in @heroku-cli/command, api-client.js
_TRUSTED = re.compile(r"([a-z0-9-]+\.)*(heroku|herokai|herokuspace|herokudev)\.com")


class _Transfer(Struct, frozen=True):
    """A backup is one from `pg_dump` to `gof3r`; the others copy and restore."""

    num: int = 0
    from_type: str = ""
    to_type: str = ""
    from_name: str = ""
    created_at: str = ""
    started_at: str = ""
    finished_at: str = ""
    succeeded: bool = False
    schedule: Any = None
    deleted_at: Any = None
    purged_at: Any = None

    @property
    def backup(self) -> bool:
        kind = (self.from_type, self.to_type) == ("pg_dump", "gof3r")
        return kind and not self.deleted_at and not self.purged_at

    @property
    def at(self) -> datetime | None:
        """Return when it was begun: what it holds is as old as that."""
        return time_of(self.started_at or self.created_at)

    @property
    def finished(self) -> bool:
        return self.succeeded and self.finished_at != "" and self.at is not None

    @property
    def name(self) -> str:
        return f"{'a' if self.schedule else 'b'}{self.num:03}"

    @property
    def state(self) -> str:
        if self.finished_at:
            return f"{self.name} (failed)"
        return f"{self.name} ({'running' if self.started_at else 'pending'})"


def newest(name: str, near: Mapping[str, Any], shell: Shell) -> Newest:
    match = NAME.fullmatch(name)
    assert match, name
    app, database = match["app"], match["database"]
    rows = [row for row in _transfers(app) if row.backup]
    if database:
        rows = [row for row in rows if _plain(row.from_name) == _plain(database)]
    of = f"{app}::{database}" if database else app
    finished = [row for row in rows if row.finished]
    if not finished:
        others = ", ".join(row.state for row in rows[:3])
        reason = f"no backup of {of} is finished: {others}" if others else f"{of} has no backup"
        return Newest(missing=reason)
    named = {_plain(row.from_name) for row in finished if row.from_name}
    if len(names := sorted(named)) > 1:
        message = f"Heroku: {app} has backups of several databases: {clean(', '.join(names), 120)}"
        fix = f"set backup: {{heroku: {app}::DATABASE}} in the settings"
        raise Usage("which-database", message, fix)
    times = {at: row for row in finished if (at := row.at)}
    latest = max(times)
    label = f"backup {times[latest].name} of {of}"
    return Newest(f"{label}, {latest:%Y-%m-%d %H:%M} UTC", since(latest))


def _plain(name: str) -> str:
    """Return a database's name without what the spellings of one differ in."""
    return name.upper().removeprefix("HEROKU_POSTGRESQL_").removesuffix("_URL")


def _transfers(app: str) -> list[_Transfer]:
    """Return all transfers of an app. Raises Unreadable, Usage."""
    api = Api("Heroku Postgres", _base(), login.find(VARIABLE, host(API), FIX), FIX)
    path = f"/client/v11{of_app(app, '/transfers')}"
    try:
        body = api.get(path, ACCEPT).body
    except Unreadable as error:
        if error.code != "not-found":
            raise
        message = f"Heroku Postgres knows no app {app}, or this account has no access to it"
        fix = "correct backup: {heroku: APP} in the settings, or use another account"
        raise Unreadable("not-found", message, fix) from None
    return answers.typed(api, path, body, list[_Transfer])


def _base() -> str:
    """Return where the transfers are asked for. Raises Usage (bad-endpoint)."""
    variable = next((name for name in _HOSTS if os.environ.get(name)), "")
    given = os.environ.get(variable, "api.data.heroku.com")
    if _TRUSTED.fullmatch(given):
        return f"https://{given}"
    if "@" not in given and urlsplit(f"//{given}").hostname in LOOPBACK:
        return f"http://{given}"
    message = f"${variable} is no host of Heroku's: {clean(given, 60)}; the token is not sent there"
    raise Usage("bad-endpoint", message, f"unset {variable}")
