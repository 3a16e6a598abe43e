"""The deploys of a site, newest first: those of production, and the one that is published."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise

from msgspec.structs import replace

from rollback.clock import seconds_between
from rollback.model import Release, Status, Target
from rollback.platforms._hosted import history, memory
from rollback.platforms.netlify import by_hand, client, details, evidence, standing
from rollback.platforms.netlify.client import Deploy, Site
from rollback.platforms.netlify.details import Facts
from rollback.settings.environment import Environment
from rollback.shell import Shell
from rollback.text import clean

PRODUCTION = "production"
BUILT = ("ready", "old")  # "old": published once, and left (in live histories; not in the schema)
_NOT_OF_THE_COMMIT = re.compile(r"triggered", re.IGNORECASE)


def releases(
    environment: Environment, targets: Sequence[Target], shell: Shell, limit: int
) -> list[list[Release]]:
    """Return each site's releases. Raises Unreadable."""
    return [_of_site(details.of(target), shell, limit) for target in targets]


def bare(releases: Sequence[Release]) -> str | None:
    """Return what the API's rollbackSiteDeploy would pick: what was published before the live one.

    Netlify's documents do not say more of it; nothing is known against it that it would mind.
    """
    deploys = [details.facts_of(release).deploy for release in releases]
    live = next((row for row in releases if row.status == "live"), None)
    if live is None:
        return None
    until = details.facts_of(live).deploy.published_at
    earlier = [row for row in deploys if row.published_at and row.published_at < until]
    return max(earlier, key=lambda row: row.published_at).id if earlier else None


def from_rows(site: Site, rows: Sequence[Deploy]) -> list[Release]:
    """Return the releases of a site whose deploys these are, newest first."""
    live = site.published_deploy
    known = {row.id: row for row in (*rows, live) if row.id}
    ordered = sorted(known.values(), key=lambda row: row.created_at, reverse=True)
    of_production = [row for row in ordered if row.context == PRODUCTION or row.id == live.id]
    served, left = _served(of_production), _rolled_back_from(of_production, live)
    facts = Facts(live, site, tuple(ordered))
    return [
        replace(
            _release(row, live, row.id in left),
            served_seconds=served.get(row.id, 0.0),
            facts=replace(facts, deploy=row),
        )
        for row in of_production
    ]


def _of_site(known: details.Details, shell: Shell, limit: int) -> list[Release]:
    api = client.connect(known.api)
    site = memory.once(shell, client.SITE, known.id, lambda: client.site(api, known.id))
    listed = client.deploys(api, known.id, limit, site.published_deploy)
    if _published_since(site.published_deploy, listed.rows):
        site = client.site(api, known.id)
    found = evidence.without_broken(from_rows(site, listed.rows), shell)
    if listed.whole:
        return found
    what = f"{known.app} has older deploys than the {len(listed.rows)} that were read"
    return history.cut(found, what, f"to publish one of them: {by_hand.restore(known.id, 'ID')}")


def _published_since(live: Deploy, rows: Sequence[Deploy]) -> bool:
    """Whether another deploy may have been published after the site was read."""
    return any(row.published_at > live.published_at for row in rows if row.context == PRODUCTION)


def _served(rows: Sequence[Deploy]) -> Mapping[str, float | None]:
    """Return id -> seconds from its publication to the next one, None for the last.

    `rows` are production deploys and the live one. A preview may have the time when it was ready
    as its publication, which ends nobody's service.
    """
    published = sorted((row for row in rows if row.published_at), key=lambda row: row.published_at)
    served: dict[str, float | None] = {row.id: None for row in published}
    for row, following in pairwise(published):
        served[row.id] = seconds_between(row.published_at, following.published_at)
    return served


def _rolled_back_from(rows: Sequence[Deploy], live: Deploy) -> set[str]:
    """Return what was published and then left for an older deploy, and not returned to since."""
    published = [row for row in rows if row.published_at]
    return {
        row.id
        for row in published
        for other in published
        if row.id != live.id
        and other.created_at < row.created_at
        and (other.id == live.id or other.published_at > row.published_at)
    }


def _release(row: Deploy, live: Deploy, left: bool) -> Release:
    is_live = row.id == live.id
    skip, reason = (None, "") if is_live else _against(row, live)
    return Release(
        id=row.id,
        status="live" if is_live else _status(row, left),
        deployed_at=_second(row.published_at or row.created_at),
        made_at=_second(row.created_at),
        artifact=row.id,
        commit=row.commit_ref or None,
        description=clean(row.title),
        skip=skip,
        skip_reason=reason,
        serves=_content(row),
        findings=tuple(standing.of_deploy(row)) if is_live else (),
    )


def _second(moment: str) -> str | None:
    return f"{moment[:19]}Z" if moment else None


def _content(row: Deploy) -> str:
    """Return the same text for builds of the same content: of one commit, for its own sake.

    A build hook or a person may build a commit again because of other content or variables.
    """
    if row.commit_ref and row.title and not _NOT_OF_THE_COMMIT.search(row.title):
        return f"{row.branch} {row.commit_ref} {row.title}"
    return row.id


def _status(row: Deploy, left: bool) -> Status:
    if row.state in ("error", "rejected") and not row.skipped:
        return "failed"
    if left:
        return "rolled-back-from"
    return "superseded" if row.state in BUILT and row.published_at else "unknown"


def _against(row: Deploy, live: Deploy) -> tuple[str | None, str]:
    """Return a skip code and its reason, or (None, "")."""
    if row.skipped:
        return "unfinished", "its build was skipped or cancelled"
    if row.state in ("error", "rejected"):
        return None, ""
    if row.state not in BUILT:
        return "unfinished", f"not built to its end ({clean(row.state, 20) or 'no state'})"
    if row.draft:
        return "unfinished", "a draft"
    if not row.published_at:
        told = "it was built, and never published"
        unknown = "Netlify does not tell whether it was ever published"
        return "short-lived", told if live.published_at else unknown
    return None, ""
