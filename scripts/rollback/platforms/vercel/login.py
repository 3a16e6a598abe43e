"""The token: of VERCEL_TOKEN, else what `vercel login` has left in the client's own file."""

from __future__ import annotations

import os
import time
from pathlib import Path

from msgspec import Struct

from rollback.errors import Unreadable
from rollback.platforms._hosted import client_login, login
from rollback.platforms._hosted.client_login import Client
from rollback.platforms._hosted.login import Login
from rollback.platforms.vercel.settings import API

VARIABLE = "VERCEL_TOKEN"
FIX = "run `vercel login`, or export VERCEL_TOKEN with a token of an account with access"
_RENEW = "run `vercel whoami`, which renews it, or `vercel login`"
CLIENT = Client("vercel", API, VARIABLE, FIX)


class _File(Struct, frozen=True, rename="camel"):
    """auth.json of the client; `expires_at` in seconds (client.ts of its source)."""

    token: str = ""
    expires_at: float | None = None


def find(api: str) -> Login:
    """Return the login, as the script finds it.

    Raises Unreadable (token-missing, token-invalid, login-invalid, login-expired).
    """
    if known := login.of_variable(VARIABLE, FIX):
        return known
    return _valid(*client_login.find(CLIENT, api, _files(), _File))


def _files() -> list[Path]:
    """Return where the client has its login: as it is on Linux, on macOS, and once was."""
    home = Path.home()
    data = os.environ.get("XDG_DATA_HOME") or str(home / ".local/share")
    return [
        Path(data) / "com.vercel.cli/auth.json",
        home / "Library/Application Support/com.vercel.cli/auth.json",
        home / ".now/auth.json",
    ]


def _valid(path: str, file: _File) -> Login:
    if file.expires_at is not None and file.expires_at < time.time():
        raise Unreadable("login-expired", f"the login in {path} has expired", _RENEW)
    return login.bearer(file.token, path, FIX)
