"""What serves an environment, read from its platforms now."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from msgspec import Struct

from rollback.contracts import STANDING
from rollback.errors import RollbackError
from rollback.flow import history, selection
from rollback.flow import site as sites
from rollback.flow.history import TargetHistory


class Serving(Struct, frozen=True):
    """`live` holds {component, app, release, version, deployed_at} of every target.
    It is None when `problem` {code, message, fix} says why. `standing` is what their live releases
    leave open, with its fix.
    """

    environment: str | None
    live: list[dict[str, Any]] | None
    problem: dict[str, str] | None = None
    standing: tuple[str, ...] = ()


def read(project: Path, environment: str | None) -> Serving:
    """Read once, without the cache. An unreadable platform is a result, not an error."""
    name = environment
    try:
        site = sites.find(project, environment)
        name = site.environment.name
        known = history.read(selection.of(site, ()))
    except RollbackError as error:
        return Serving(name, None, {"code": error.code, "message": error.message, "fix": error.fix})
    standing = (
        f"{finding.message}; {finding.fix}"
        for finding in known.findings
        if finding.code in STANDING
    )
    live = [_row(target) for target in known.targets]
    return Serving(name, live, standing=tuple(standing))


def _row(row: TargetHistory) -> dict[str, Any]:
    live = next((release for release in row.releases if release.status == "live"), None)
    return {
        "component": row.target.component,
        "app": row.target.app,
        "release": live.id if live else None,
        "version": live.version if live else None,
        "deployed_at": live.deployed_at if live else None,
    }
