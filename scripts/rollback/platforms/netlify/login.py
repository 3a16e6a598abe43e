"""The token: of NETLIFY_AUTH_TOKEN, else what `netlify login` has left in the client's own file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import msgspec
from msgspec import Struct

from rollback.errors import Unreadable
from rollback.platforms._hosted import login
from rollback.platforms._hosted.api import LOOPBACK, host
from rollback.platforms._hosted.login import Login
from rollback.platforms.netlify.settings import API

VARIABLE = "NETLIFY_AUTH_TOKEN"
FIX = "run `netlify login`, or export NETLIFY_AUTH_TOKEN with a token of an account with access"


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

    The client's token is for Netlify alone: another host gets that of the variable or none.
    Raises Unreadable (token-missing, token-invalid, login-invalid).
    """
    if known := login.of_variable(VARIABLE, FIX):
        return known
    if host(api) not in (host(API), *LOOPBACK):
        message = f"no token for {host(api)}: {VARIABLE} is not set, and the client's is not for it"
        raise Unreadable("token-missing", message, FIX)
    for path in _files():
        if (file := _read(path)) and file.token:
            return login.bearer(file.token, str(path), FIX)
    message = f"no token: {VARIABLE} is not set, and the netlify client is not logged in here"
    raise Unreadable("token-missing", message, FIX)


def _files() -> Iterator[Path]:
    """Yield where the client has its login: as it is on Linux, on macOS, and once was."""
    home = Path.home()
    configuration = os.environ.get("XDG_CONFIG_HOME") or str(home / ".config")
    yield Path(configuration) / "netlify/config.json"
    yield home / "Library/Preferences/netlify/config.json"
    yield home / ".netlify/config.json"


def _read(path: Path) -> _File | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=_File)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError):
        message = f"{path} cannot be read, or is no login of the netlify client"
        raise Unreadable("login-invalid", message, FIX) from None
