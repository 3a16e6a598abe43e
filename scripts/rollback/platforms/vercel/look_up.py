"""A deployment named by id or address that is not among those that were read.

It has to be a production deployment of this project.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec import Struct

from rollback.errors import Unreadable, Usage
from rollback.model import Release, Target
from rollback.platforms._hosted import memory
from rollback.platforms.vercel import client, details
from rollback.platforms.vercel.client import Row
from rollback.platforms.vercel.details import Details
from rollback.platforms.vercel.releases import from_rows
from rollback.shell import Shell
from rollback.text import clean

_ID = re.compile(r"dpl_[A-Za-z0-9]{1,60}")
_ADDRESS = re.compile(r"(?:https://)?((?:[a-z0-9-]+\.)+[a-z0-9-]+)/?", re.IGNORECASE)


class _Of(Struct, frozen=True):
    id: str = ""
    name: str = ""


class _Deployment(Row, frozen=True, rename="camel"):
    """A deployment as it is told by itself: what the list tells, some of it under other names."""

    uid: str = ""
    id: str = ""
    created_at: float = 0
    project_id: str = ""
    project: _Of = _Of()
    team: _Of = _Of()
    target: str = ""

    @property
    def row(self) -> Row:
        kept = {name: getattr(self, name) for name in Row.__struct_fields__}
        return Row(**kept | {"uid": self.id, "created": self.created_at})


def look_up(
    target: Target, releases: Sequence[Release], wanted: str, shell: Shell
) -> Release | None:
    """Return the deployment of this project. Raises Usage (release-elsewhere, ...), Unreadable."""
    address = _ADDRESS.fullmatch(wanted)
    if not address and not _ID.fullmatch(wanted):
        return None
    known = details.of(target)
    api, path = client.connect(known.api), f"/v13/deployments/{address[1] if address else wanted}"
    try:
        found = client.get(api, path, known.team, _Deployment)
    except Unreadable as error:
        if error.code != "not-found":
            raise
        return None
    if read := next((row for row in releases if row.id == found.id), None):
        return read
    _refuse_other(wanted, known, found)
    project = client.known_project(api, known.project, known.team, shell)
    rows: Sequence[Row] = memory.once(shell, client.DEPLOYMENTS, project.id, lambda: [])
    live = next(row for row in releases if row.status == "live")
    every = from_rows(project, [*rows, found.row], details.facts_of(live).domains, known.team)
    return next(row for row in every if row.id == found.id)


def _refuse_other(wanted: str, known: Details, found: _Deployment) -> None:
    """Raises Usage (release-elsewhere, not-production)."""
    of = found.project_id or found.project.id
    if of != known.project:
        other = "/".join(clean(name, 60) for name in (found.team.name, found.project.name) if name)
        other += f" ({clean(of, 60) or 'Vercel tells no id'})"
        message = f"{clean(wanted, 100)} is of {other}, not of {known.name} ({known.project})"
        fix = (
            "name a deployment of this project (history.py lists them), or correct"
            " vercel: {project: NAME, team: TEAM}"
        )
        raise Usage("release-elsewhere", message, fix)
    if found.target != "production":
        message = f"{clean(wanted, 100)} is a preview: Vercel would build it again for production"
        fix = "name a production deployment (history.py lists them)"
        raise Usage("not-production", message, fix)
