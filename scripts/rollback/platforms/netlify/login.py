"""The token: of NETLIFY_AUTH_TOKEN, else what `netlify login` has left in the client's own file."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
from msgspec import Struct

from rollback.platforms._hosted import client_login, login
from rollback.platforms._hosted.client_login import Client
from rollback.platforms._hosted.login import Login
from rollback.platforms.netlify.settings import API

VARIABLE = "NETLIFY_AUTH_TOKEN"
FIX = "run `netlify login`, or export NETLIFY_AUTH_TOKEN with a token of an account with access"
CLIENT = Client("netlify", API, VARIABLE, FIX)


class _Auth(Struct, frozen=True):
    token: str = ""


class _User(Struct, frozen=True):
    auth: _Auth = _Auth()


class _File(Struct, frozen=True):
    """config.json of the client: getAPIToken in the source of @netlify/dev-utils."""

    user: str = msgspec.field(name="userId", default="")
    users: dict[str, _User] = {}

    @property
    def token(self) -> str:
        return self.users.get(self.user, _User()).auth.token


def find(api: str) -> Login:
    """Return the login, as the script finds it.

    Raises Unreadable (token-missing, token-invalid, login-invalid).
    """
    if known := login.of_variable(VARIABLE, FIX):
        return known
    path, file = client_login.find(CLIENT, api, _files(), _File)
    return login.bearer(file.token, path, FIX)


def _files() -> list[Path]:
    """Return where the client has its login: as it is on Linux, on macOS, and once was."""
    home = Path.home()
    configuration = os.environ.get("XDG_CONFIG_HOME") or str(home / ".config")
    return [
        Path(configuration) / "netlify/config.json",
        home / "Library/Preferences/netlify/config.json",
        home / ".netlify/config.json",
    ]
