"""What serves an environment, read from the platform now."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct

from rollback.errors import RollbackError
from rollback.flow import history
from rollback.model import Release, Target


class Serving(Struct, frozen=True):
    """`live` holds {app, release, version, deployed_at} of every target.
    It is None when `problem` {code, message, fix} says why.
    """

    environment: str | None
    live: list[dict[str, Any]] | None
    problem: dict[str, str] | None = None


def read(project: Path, environment: str | None) -> Serving:
    """One read, without the cache. A platform that cannot be read is an answer, not an error."""
    name = environment
    try:
        where = history.place(project, environment)
        name = where.environment.name
        found = history.read(where)
    except RollbackError as error:
        return Serving(name, None, {"code": error.code, "message": error.message, "fix": error.fix})
    return Serving(name, [_row(*pair) for pair in zip(found.targets, found.releases, strict=True)])


def _row(target: Target, releases: Sequence[Release]) -> dict[str, Any]:
    live = next((release for release in releases if release.status == "live"), None)
    fields = {name: getattr(live, name, None) for name in ("version", "deployed_at")}
    return {"app": target.app, "release": live.id if live else None, **fields}
