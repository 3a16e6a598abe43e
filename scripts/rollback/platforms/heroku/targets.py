"""The app: where the settings say, else the one that a git remote pushes to."""

from __future__ import annotations

import re

from rollback.errors import Unreadable, Usage
from rollback.model import Target
from rollback.platforms._hosted import memory
from rollback.platforms._hosted.urls import base, host
from rollback.platforms.heroku import client, remotes
from rollback.platforms.heroku.client import App
from rollback.platforms.heroku.details import Details
from rollback.platforms.heroku.settings import API, Settings
from rollback.settings.environment import Environment, group
from rollback.shell import Shell
from rollback.text import clean

PLATFORM = "heroku"
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{1,62}")
_FIX = "set heroku: {app: NAME} in .claude/deployment-rollback.yml"


def targets(environment: Environment, shell: Shell) -> list[Target]:
    """Return the app. Raises Usage (which-app, bad-app), Unreadable (no-such-app, ...)."""
    settings = group(environment, Settings)
    api = base(settings.api)
    app = _read(api, settings.app or _of_remotes(environment))
    memory.keep(shell, client.APP, app.id, app)
    at = "" if api == API else f" at {host(api)}"
    return [
        Target(
            environment=environment.name,
            component=environment.component,
            platform=PLATFORM,
            app=app.name,
            where=f"{host(api)}/{app.id}",
            protected=environment.protected,
            details=Details(api, app.id, app.name),
            location=f"Heroku app {app.name}{at}",
        )
    ]


def _of_remotes(environment: Environment) -> str:
    known = remotes.apps(environment.project)
    app = remotes.app_of(known, (environment.name, *environment.settings.aliases))
    if app is None:
        listed = ", ".join(f"{remote} {app}" for remote, app in known.items())
        message = f"which Heroku app is {environment.name}? Git remotes: {listed or 'none'}"
        raise Usage("which-app", message, _FIX)
    return app


def _read(api: str, name: str) -> App:
    if not _NAME.fullmatch(name):
        raise Usage("bad-app", f"app: {clean(name)!r} is not the name of a Heroku app", _FIX)
    try:
        return client.app(client.connect(api), name)
    except Unreadable as error:
        if error.code != "not-found":
            raise
        message = f"Heroku has no app {name}, or this account has no access to it"
        raise Unreadable("no-such-app", message, f"{_FIX}, or use another account") from None
