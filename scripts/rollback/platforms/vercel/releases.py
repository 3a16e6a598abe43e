"""Production deployments of a project, newest first. Live is what its production domains serve."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone

from msgspec.structs import replace

from rollback.errors import Unreadable
from rollback.model import Finding, Release, Status, Target
from rollback.platforms._hosted import history, memory
from rollback.platforms._hosted.api import Api, side_by_side
from rollback.platforms.vercel import auto_assign, by_hand, client, details, variables
from rollback.platforms.vercel.client import READY, Project, Row
from rollback.platforms.vercel.details import Domain, Facts, Side
from rollback.settings.environment import Environment
from rollback.shell import Shell
from rollback.text import clean

_DOMAIN = re.compile(r"(?:\*\.)?[A-Za-z0-9_][A-Za-z0-9._-]*")  # they are words of a script
_UNFINISHED = ("BUILDING", "QUEUED", "INITIALIZING", "ANALYZING", "DEPLOYING")


def releases(
    environment: Environment, targets: Sequence[Target], shell: Shell, limit: int
) -> list[list[Release]]:
    """Return each project's releases. Raises Unreadable."""
    return [_of_project(target, shell, limit) for target in targets]


def bare(releases: Sequence[Release]) -> str | None:
    """Return what Instant Rollback offers first: the newest other candidate.

    `vercel rollback` without a deployment picks nothing, it only prints a status.
    """
    offered = [row.id for row in releases if row.status != "live" and not _gone(row)]
    return offered[0] if offered else None


def _gone(release: Release) -> bool:
    return release.status == "failed" or release.skip is not None


def _of_project(target: Target, shell: Shell, limit: int) -> list[Release]:
    known = details.of(target)
    api = client.connect(known.api)
    project = client.known_project(api, known.project, known.team, shell)
    read, domains = side_by_side(
        lambda: client.deployments(api, known.team, project.id, limit, project.production),
        lambda: served(api, known.team, project),
    )
    rows = list(read.rows)
    listed = {row.uid for row in rows} | {known.production}
    others = dict.fromkeys(row.deployment for row in domains if row.deployment not in listed)
    rows += [client.deployment(api, known.team, id) for id in others]
    memory.keep(shell, client.DEPLOYMENTS, project.id, rows)
    changes = variables.changes(api, known, rows, domains)
    found = from_rows(project, rows, domains, known.team, changes)
    if not read.skipped:
        return found
    what = f"{known.name} has hundreds of deployments that are newer than the live one"
    return history.cut(found, what, f"to see them: {by_hand.listed(known)}")


def served(api: Api, team: str, project: Project) -> tuple[Domain, ...]:
    """Return the production domains that serve something, with what. Raises Unreadable."""
    if project.production is None or not project.domains:
        return ()
    if odd := [name for name in project.domains if not _DOMAIN.fullmatch(name)]:
        message = f"Vercel: {clean(odd[0])!r} is not the name of a domain"
        raise Unreadable("bad-answer", message, "check api: in the settings")
    live = project.production.id
    here = client.aliases(api, team, live)
    apart = client.assigned(api, team, [name for name in project.domains if name not in here])
    rows = (Domain(name, apart.get(name, live)) for name in project.domains)
    return tuple(row for row in rows if row.deployment)


def from_rows(
    project: Project,
    rows: Sequence[Row],
    domains: Sequence[Domain] = (),
    team: str = "",
    changes: Sequence[float] = (),
) -> list[Release]:
    """Return the releases; `rows` in any order. `changes`: times at which variables changed."""
    if project.production is None:
        return []
    known = {row.uid: row for row in rows}
    # the list may be too short to have the live one
    known.setdefault(project.production.id, client.row_of(project.production))
    ordered = sorted(known.values(), key=lambda row: -row.created)
    live = live_of(project.production.id, domains, known)
    left = _rolled_back_from(project, ordered, live)
    made = [
        _live(project, row, domains, team) if row.uid == live else _release(row, row.uid in left)
        for row in ordered
    ]
    return [
        replace(release, serves=variables.content(release, row, changes))
        for release, row in zip(made, ordered, strict=True)
    ]


def live_of(production: str, domains: Sequence[Domain], known: Mapping[str, Row]) -> str:
    """Return the newest of the deployments that users get.

    A rollback that stopped half-way leaves domains on the newer one, whatever the project says.
    """
    given = [domain.deployment for domain in domains if domain.deployment in known]
    serving = dict.fromkeys(given or [production])
    return max(serving, key=lambda id: known[id].created)


def _rolled_back_from(project: Project, rows: Sequence[Row], live: str) -> set[str]:
    """Return what was left for an older deployment.

    A deployment that has served and is newer than the live one was left for it. The same holds for
    what lies between the live one and the one that served right before it.
    """
    made = {row.uid: row.created for row in rows}
    left = {row.uid for row in rows if row.served and row.created > made[live]}
    last = project.last_alias_request
    if last is None or last.job_status != "succeeded" or last.to_deployment_id != live:
        return left
    before = last.from_deployment_id
    if last.type == "rollback":
        return left | ({before} - {"", live})
    since = made.get(before, made[live])
    return left | {row.uid for row in rows if row.served and since < row.created < made[live]}


def _live(project: Project, row: Row, domains: Sequence[Domain], team: str) -> Release:
    elsewhere = [domain for domain in domains if domain.deployment != row.uid]
    if not elsewhere and project.production and project.production.id != row.uid:
        elsewhere = [Domain("what the project calls its production", project.production.id)]
    return replace(
        _plain(row),
        status="live",
        findings=(*_mixed(row.uid, elsewhere), *auto_assign.standing(project, team)),
        facts=Facts(Side(row.uid, row.url), tuple(domains)),
    )


def _mixed(live: str, elsewhere: Sequence[Domain]) -> list[Finding]:
    if not elsewhere:
        return []
    rows = (f"{domain.name} serves {domain.deployment}" for domain in elsewhere[:5])
    message = f"production domains disagree: {', '.join(rows)}; others serve {live}"
    fix = "the rollback moves all of them, and restore.sh each back to where it was"
    return [Finding("warning", "domains-disagree", clean(message, 400), fix)]


def _release(row: Row, left: bool) -> Release:
    skip, reason = _against(row)
    return replace(_plain(row), status=_status(row, left), skip=skip, skip_reason=reason)


def _plain(row: Row) -> Release:
    commit = variables.commit(row)
    message = row.meta.get("githubCommitMessage") or row.meta.get("gitCommitMessage") or ""
    who = row.creator.get("email") or row.creator.get("username")
    # a build with uncommitted files is not what its commit is
    exact = commit and str(row.meta.get("gitDirty", "0")) in ("0", "")
    return Release(
        id=row.uid,
        deployed_at=_time(_served_since(row)),
        made_at=_time(row.created),
        artifact=row.uid,
        commit=commit or None,
        description=clean(str(message), 200),
        deployed_by=clean(str(who), 60) if who else None,
        serves=commit if exact else row.uid,
        aliases=(row.url, f"https://{row.url}") if row.url else (),
        facts=Facts(Side(row.uid, row.url)),
    )


def _served_since(row: Row) -> float | None:
    """Return when the domains were assigned; a time is a number, and True is none."""
    if row.ready_state != READY or row.ready_substate == "STAGED":
        return None
    assigned = row.alias_assigned
    if assigned and not isinstance(assigned, bool):
        return assigned
    return row.ready or row.created


def _time(milliseconds: float | None) -> str | None:
    if not milliseconds:
        return None
    when = datetime.fromtimestamp(milliseconds / 1000, timezone.utc)
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


def _status(row: Row, rolled_back_from: bool) -> Status:
    if row.ready_state == "ERROR":
        return "failed"
    if rolled_back_from:
        return "rolled-back-from"
    return "superseded" if row.served else "unknown"


def _against(row: Row) -> tuple[str | None, str]:
    """Return a skip code and its reason, or (None, "")."""
    if row.ready_state == "ERROR":
        return None, ""
    if row.soft_deleted_by_retention or row.deleted or row.ready_state == "DELETED":
        return "artifact-gone", "the project's retention policy has deleted it"
    if row.ready_state in _UNFINISHED:
        return "unfinished", "its build has not ended"
    if row.ready_state != READY:
        return "unfinished", f"its build ended as {clean(row.ready_state.lower(), 30) or 'unknown'}"
    if row.ready_substate == "ROLLING":
        return "unfinished", "its rolling release has not ended"
    if row.ready_substate == "STAGED":
        return "unfinished", "it never served the production domains"
    if row.is_rollback_candidate is False:
        return "artifact-gone", "Vercel does not offer it for a rollback"
    return None, ""
