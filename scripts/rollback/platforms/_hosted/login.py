"""The token of a hosted platform: of a variable, else of the platform's own login file or ~/.netrc.

It is shown nowhere.
"""

from __future__ import annotations

import base64
import netrc
import os
import re
from pathlib import Path

from rollback.errors import Unreadable

_TOKEN = re.compile(r"[!-~]{1,4096}")


class Login:
    """The value of the header Authorization, and where the token comes from, for messages."""

    def __init__(self, header: str, secret: str, source: str) -> None:
        self.header = header
        self.source = source
        self._secret = secret

    def masked(self, text: str) -> str:
        return text.replace(self._secret, "***")


def find(variable: str, host: str, fix: str) -> Login:
    """Return the login for a host, as the script finds it.

    Raises Unreadable (token-missing, token-invalid, netrc-invalid).
    """
    if login := of_variable(variable, fix):
        return login
    if entry := _entry(host):
        words = base64.b64encode(":".join(entry).encode()).decode()
        return Login(f"Basic {words}", entry[1], "~/.netrc")
    message = f"no token: {variable} is not set, and ~/.netrc has no entry for {host}"
    raise Unreadable("token-missing", message, fix)


def of_variable(variable: str, fix: str) -> Login | None:
    """Return the login of an environment variable. Raises Unreadable (token-invalid)."""
    token = os.environ.get(variable, "")
    return bearer(token, variable, fix) if token else None


def bearer(token: str, source: str, fix: str) -> Login:
    """Return the login of a token; `source` names where it is kept, for messages."""
    if not _TOKEN.fullmatch(token):
        message = f"{source} holds blanks or control characters, which no token has"
        raise Unreadable("token-invalid", message, fix)
    return Login(f"Bearer {token}", token, source)


def _entry(host: str) -> tuple[str, str] | None:
    """Return user and password of this host; the entry for every host is not for this one."""
    file = Path.home() / ".netrc"
    try:
        entry = netrc.netrc(str(file)).hosts.get(host)
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError, netrc.NetrcParseError):
        message = "~/.netrc cannot be read, or is not in the format of netrc"
        raise Unreadable("netrc-invalid", message, "correct it, or set the variable") from None
    return (entry[0], entry[2]) if entry and entry[2] else None
