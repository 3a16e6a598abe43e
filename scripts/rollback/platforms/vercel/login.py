"""The token: of VERCEL_TOKEN, else what `vercel login` has left in the client's own file."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
from msgspec import Struct

from rollback.errors import Unreadable
from rollback.platforms._hosted import login
from rollback.platforms._hosted.api import LOOPBACK, host
from rollback.platforms._hosted.login import Login
from rollback.platforms.vercel.settings import API

VARIABLE = "VERCEL_TOKEN"
FIX = "run `vercel login`, or export VERCEL_TOKEN with a token of an account with access"
_RENEW = "run `vercel whoami`, which renews it, or `vercel login`"


class _File(Struct, frozen=True, rename="camel"):
    """auth.json of the client; `expires_at` in seconds (client.ts of its source)."""

    token: str = ""
    expires_at: float | None = None


def find(api: str) -> Login:
    """Return the login, as the script finds it.

    The client's token is for Vercel alone: another host gets that of the variable or none.
    Raises Unreadable (token-missing, token-invalid, login-invalid, login-expired).
    """
    if known := login.of_variable(VARIABLE, FIX):
        return known
    if host(api) not in (host(API), *LOOPBACK):
        message = f"no token for {host(api)}: {VARIABLE} is not set, and the client's is not for it"
        raise Unreadable("token-missing", message, FIX)
    for path in _files():
        if (file := _read(path)) and file.token:
            return _valid(path, file)
    message = f"no token: {VARIABLE} is not set, and the vercel client is not logged in here"
    raise Unreadable("token-missing", message, FIX)


def _files() -> Iterator[Path]:
    """Yield where the client has its login: as it is on Linux, on macOS, and once was."""
    home = Path.home()
    data = os.environ.get("XDG_DATA_HOME") or str(home / ".local/share")
    yield Path(data) / "com.vercel.cli/auth.json"
    yield home / "Library/Application Support/com.vercel.cli/auth.json"
    yield home / ".now/auth.json"


def _read(path: Path) -> _File | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=_File)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError):
        message = f"{path} cannot be read, or is no login of the vercel client"
        raise Unreadable("login-invalid", message, FIX) from None


def _valid(path: Path, file: _File) -> Login:
    if file.expires_at is not None and file.expires_at < time.time():
        raise Unreadable("login-expired", f"the login in {path} has expired", _RENEW)
    return login.bearer(file.token, str(path), FIX)
