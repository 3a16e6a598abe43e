"""One file per database engine; a file in this folder is an engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollback.engines import _url
from rollback.errors import Usage
from rollback.registry import Registry

if TYPE_CHECKING:
    from rollback.database_contracts import Engine

engines: Registry[Engine] = Registry(__name__, list(__path__))


def has_client(id: str) -> bool:
    return f"{id}-client" in engines.ids


def through_client(id: str) -> tuple[str, Engine]:
    """Return the engine that reaches databases of this one by a command.

    Raises Usage (client-unsupported).
    """
    if not has_client(id):
        message = f"{engines[id].TITLE} cannot be reached by `client`"
        fix = "remove `client` from database: in the settings, or plan where the database is"
        raise Usage("client-unsupported", message, fix)
    return f"{id}-client", engines[f"{id}-client"]


def of(url: str, variable: str) -> tuple[str, Engine]:
    """Return the id of the engine that this URL is for, and the engine.

    Raises Usage (database-url, engine-unsupported); no message holds the URL.
    """
    scheme = _url.scheme(url)
    if not scheme:
        message = f"${variable} does not hold a database URL"
        raise Usage("database-url", message, f"export {variable}=postgres://user@host/database")
    for id, engine in engines:
        if scheme in engine.SCHEMES:
            return id, engine
    message = f"${variable}: databases with {scheme}: URLs are not supported by this version"
    known = ", ".join(engine.TITLE for _, engine in engines)
    raise Usage("engine-unsupported", message, f"supported: {known}")
