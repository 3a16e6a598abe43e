"""The login that a vendor's own command-line client has left in a file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, TypeVar

import msgspec
from msgspec import Struct

from rollback.errors import Unreadable
from rollback.platforms._hosted.answers import without_nulls
from rollback.platforms._hosted.urls import LOOPBACK, host


class Stored(Protocol):
    @property
    def token(self) -> str: ...


File = TypeVar("File", bound=Stored)


class Client(Struct, frozen=True):
    """A client by its name; `api` is whom its token is for, `variable` what goes before it."""

    name: str
    api: str
    variable: str
    fix: str


def find(client: Client, api: str, paths: Sequence[Path], shape: type[File]) -> tuple[str, File]:
    """Return the path and contents of the first of these files that holds a token.

    The client's token is for its vendor alone: another host gets that of the variable or none.
    Raises Unreadable (token-missing, login-invalid).
    """
    if host(api) not in (host(client.api), *LOOPBACK):
        unset = f"{client.variable} is not set"
        message = f"no token for {host(api)}: {unset}, and the client's is not for it"
        raise Unreadable("token-missing", message, client.fix)
    for path in paths:
        if (file := _read(client, path, shape)) and file.token:
            return str(path), file
    nowhere = f"the {client.name} client is not logged in here"
    message = f"no token: {client.variable} is not set, and {nowhere}"
    raise Unreadable("token-missing", message, client.fix)


def _read(client: Client, path: Path, shape: type[File]) -> File | None:
    try:
        return msgspec.convert(without_nulls(msgspec.json.decode(path.read_bytes())), shape)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError):
        message = f"{path} cannot be read, or is no login of the {client.name} client"
        raise Unreadable("login-invalid", message, client.fix) from None
