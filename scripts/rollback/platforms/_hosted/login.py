"""The token of a hosted platform: of a variable, else of the platform's own login file or ~/.netrc.

It is shown nowhere.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from rollback.errors import Unreadable
from rollback.platforms._hosted import netrc

_TOKEN = re.compile(r"[!-~]{1,4096}")


class Login:
    """The value of the header Authorization, and where the token comes from, for messages.

    `variable` is the environment variable that it is from, if it is.
    """

    def __init__(self, secret: str, source: str, variable: str = "") -> None:
        self.header = f"Bearer {secret}"
        self.source, self.variable = source, variable
        self._secret = secret

    def masked(self, text: str) -> str:
        return text.replace(self._secret, "***")


def find(variable: str, host: str, fix: str) -> Login:
    """Return the login for a host, as the script finds it.

    Raises Unreadable (token-missing, token-invalid, netrc-invalid).
    """
    if login := of_variable(variable, fix):
        return login
    if password := _password(host):
        return bearer(password, f"{host} in ~/.netrc", fix)
    message = f"no token: {variable} is not set, and ~/.netrc has no entry for {host}"
    raise Unreadable("token-missing", message, fix)


def of_variable(variable: str, fix: str) -> Login | None:
    """Return the login of an environment variable. Raises Unreadable (token-invalid)."""
    token = os.environ.get(variable, "")
    return bearer(token, variable, fix, variable) if token else None


def bearer(token: str, source: str, fix: str, variable: str = "") -> Login:
    """Return the login of a token; `source` names where it is kept, for messages."""
    if not _TOKEN.fullmatch(token):
        message = f"{source} holds blanks or control characters, which no token has"
        raise Unreadable("token-invalid", message, fix)
    return Login(token, source, variable)


def _password(host: str) -> str:
    file = Path.home() / ".netrc"
    try:
        return netrc.password(file.read_bytes().decode("latin-1"), host)
    except FileNotFoundError:
        return ""
    except (OSError, ValueError):
        message = "~/.netrc cannot be read, or is not in the format of netrc"
        raise Unreadable("netrc-invalid", message, "correct it, or set the variable") from None
