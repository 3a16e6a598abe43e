"""A deploy named by its id that is not among those that were read: it has to be of this site."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rollback.errors import Unreadable, Usage
from rollback.model import Release, Target
from rollback.platforms.netlify import client, details
from rollback.platforms.netlify.client import Deploy
from rollback.platforms.netlify.releases import PRODUCTION, from_rows
from rollback.shell import Shell
from rollback.text import clean

_ID = re.compile(r"[0-9a-f]{24}")


def look_up(
    target: Target, releases: Sequence[Release], wanted: str, shell: Shell
) -> Release | None:
    """Return the deploy of this site. Raises Usage (release-elsewhere, ...), Unreadable."""
    if not _ID.fullmatch(wanted):
        return None
    known = details.of(target)
    try:
        deploy = client.get(client.connect(known.api), f"/deploys/{wanted}", Deploy)
    except Unreadable as error:
        if error.code != "not-found":
            raise
        return None
    if deploy.site_id != known.id:
        site = clean(deploy.site_id, 60) or "that Netlify does not tell"
        message = f"deploy {wanted} is of site {site}, not of {known.app} ({known.id})"
        fix = "name a deploy of this site (history.py lists them), or correct netlify: {site: ID}"
        raise Usage("release-elsewhere", message, fix)
    if deploy.context != PRODUCTION:
        message = f"deploy {wanted} is not of production: {clean(deploy.context, 40)}"
        fix = "name a production deploy (history.py lists them): it has the variables of production"
        raise Usage("not-production", message, fix)
    facts = details.facts_of(releases[0])
    rows = from_rows(facts.site, [*facts.deploys, deploy])
    return next(row for row in rows if row.id == deploy.id)
