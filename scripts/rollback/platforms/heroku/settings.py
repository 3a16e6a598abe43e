"""The settings keys of Heroku."""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct

from rollback.settings.fields import ApiUrl, Text

API = "https://api.heroku.com"


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """`app` is the name of the app; without it, that of the git remote of the environment's name.

    Production also has the app of the project's only Heroku git remote.
    """

    app: Text | None = None
    api: ApiUrl = API


SETTINGS = Settings
NEEDED = ("app",)


def suggested(project: Path, environment: str) -> dict[str, str]:
    """Return the keys that the project's git remotes fill in."""
    from rollback.platforms.heroku.remotes import app_of, apps

    app = app_of(apps(project), (environment,))
    return {"app": app} if app else {}
