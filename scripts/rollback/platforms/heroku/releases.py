"""The releases of an app, newest first. A rollback is the release that it brought back."""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec.structs import replace

from rollback.model import Release, Status, Target
from rollback.platforms._hosted import memory
from rollback.platforms.heroku import client, details
from rollback.platforms.heroku.client import Row
from rollback.platforms.heroku.details import Details, Facts, Side
from rollback.settings.environment import Environment
from rollback.shell import Shell
from rollback.text import clean

FETCHED = 10  # releases that `heroku rollback` looks at (releases.js of its source)
_ROLLBACK = re.compile(r"Rollback to v(\d+)")
_COMMIT = re.compile(r"(?:Deploy(?:ed)?|Promote \S+ v\d+) ([0-9a-f]{7,40})\b")


def releases(
    environment: Environment, targets: Sequence[Target], shell: Shell, limit: int
) -> list[list[Release]]:
    """Return each app's releases. Raises Unreadable."""
    return [from_rows(_read(details.of(target), shell, limit)) for target in targets]


def bare(releases: Sequence[Release]) -> str | None:
    """Return what `heroku rollback` would pick: the second eligible release of the newest ten."""
    eligible = [row.id for row in releases[:FETCHED] if row.status == "live" or not _gone(row)]
    return eligible[1] if len(eligible) > 1 else None


def from_rows(rows: Sequence[Row]) -> list[Release]:
    roots, commits = _roots(rows), _commits(rows)
    content = {row.version: commits.get(row.code) or row.code for row in rows}
    left = _rolled_back_from(rows, roots, content)
    serves = _serves(rows, commits)
    only_config = _left_by_config(rows, left)  # its code is no worse for it
    made = [
        replace(
            _release(row, roots, left),
            commit=commits.get(row.code),
            serves=None if row.version in only_config else serves.get(row.code),
        )
        for row in rows
    ]
    by_version = {row.version: release for row, release in zip(rows, made, strict=True)}
    dead = tuple(f"v{row.version}" for row in rows if row.dead)
    return [
        replace(
            release,
            facts=replace(release.facts, origin=by_version.get(roots[row.version]), dead=dead),
        )
        for row, release in zip(rows, made, strict=True)
    ]


def _read(known: Details, shell: Shell, limit: int) -> list[Row]:
    rows = client.releases(client.connect(known.api), known.app, max(limit, FETCHED))
    return memory.keep(shell, client.RELEASES, known.id, rows)


def _gone(release: Release) -> bool:
    return release.status == "failed" or release.skip is not None


def _commits(rows: Sequence[Row]) -> dict[str, str]:
    """Return code -> its commit: only the release that brought the code names it."""
    named = ((row.code, _COMMIT.match(row.description)) for row in rows)
    return {code: match[1] for code, match in named if match}


def _roots(rows: Sequence[Row]) -> dict[int, int]:
    """Return version -> the version that was first released with its code and config."""
    known = {row.version: row for row in rows}
    roots: dict[int, int] = {}
    for row in sorted(rows, key=lambda row: row.version):
        match = _ROLLBACK.fullmatch(row.description)
        origin = int(match[1]) if match else row.version
        earlier = known.get(origin)
        if origin > row.version or (earlier and earlier.code != row.code):
            origin = row.version
        roots[row.version] = roots.get(origin, origin)
    return roots


def _serves(rows: Sequence[Row], commits: dict[str, str]) -> dict[str, str]:
    """Return code -> what it serves: a commit that was just built again is the same code.

    Not where it was built again because something else had changed (a stack, a config var), or
    somebody rolled back from one build of it to another: then the builds differ.
    """
    first: dict[str, str] = {}
    built: dict[str, str] = {}  # commit -> its first code, until it is built for a change
    apart: set[str] = set()
    before, changed = "", False
    for row in sorted(rows, key=lambda row: row.version):
        commit, other = commits.get(row.code, ""), row.code != before
        again = other and commit != "" and commits.get(before) == commit
        if _COMMIT.match(row.description):
            if again and changed:
                built[commit] = row.code
            first.setdefault(row.code, built.setdefault(commit, row.code))
            changed = False
        elif not _ROLLBACK.fullmatch(row.description):
            changed = True
        elif again:
            apart.add(commit)
        before = row.code if row.status == "succeeded" else before
    return {
        row.code: row.code if commits.get(row.code) in apart else first.get(row.code, row.code)
        for row in rows
        if row.code
    }


def _left_by_config(rows: Sequence[Row], left: set[int]) -> set[int]:
    """Return the versions that were rolled back from to another release of the same code."""
    found: set[int] = set()
    before: Row | None = None
    for row in sorted(rows, key=lambda row: row.version):
        if before and _ROLLBACK.fullmatch(row.description) and before.code == row.code:
            found.add(before.version)
        before = row if row.status == "succeeded" else before
    return found & left


def _rolled_back_from(
    rows: Sequence[Row], roots: dict[int, int], content: dict[int, str]
) -> set[int]:
    """Return the roots that were left for older code, and none returned to since.

    Older code comes back by a rollback, or when somebody deploys an older commit again.
    """
    left: set[int] = set()
    first: dict[str, int] = {}
    before: int | None = None
    for row in sorted(rows, key=lambda row: row.version):
        if row.status != "succeeded":
            continue
        root, code = roots[row.version], content[row.version]
        began = first.setdefault(code, row.version)
        if before is not None and code != content[before]:
            left -= {version for version in left if content.get(version) == code}
            if root == row.version and began < first[content[before]]:
                left.add(roots[before])
        if before is not None and root < roots[before] and root != row.version:
            left.add(roots[before])
        left.discard(root)
        before = row.version
    return left


def _release(row: Row, roots: dict[int, int], left: set[int]) -> Release:
    skip, reason = (None, "") if row.current else _against(row)
    root, names = roots[row.version], _names(row.version, roots)
    return Release(
        id=f"v{row.version}",
        version=None if root == row.version else f"v{root}",  # of a rollback, what it brought back
        status=_status(row, root in left),
        deployed_at=row.created_at,
        artifact=row.code or None,
        description=clean(row.description),
        deployed_by=clean(row.user.email, 60) if row.user and row.user.email else None,
        skip=skip,
        skip_reason=reason,
        aliases=(row.id, *names[1:]),
        facts=Facts(Side(row.id, row.code, names)),
    )


def _names(version: int, roots: dict[int, int]) -> tuple[str, ...]:
    """Return its own name first, then those of releases with the same code and config."""
    root = roots[version]
    alike = (other for other, its in roots.items() if its == root)
    names = dict.fromkeys((version, root, *sorted(alike)))
    return tuple(f"v{name}" for name in names)


def _status(row: Row, rolled_back_from: bool) -> Status:
    if row.current:
        return "live"
    if row.status == "failed":
        return "failed"
    if rolled_back_from:
        return "rolled-back-from"
    return "superseded" if row.status == "succeeded" else "unknown"


def _against(row: Row) -> tuple[str | None, str]:
    """Return a skip code and its reason, or (None, "")."""
    if row.status == "failed":
        return None, ""
    if row.status == "pending":
        return "unfinished", "its release phase has not ended"
    if not row.code:
        return "artifact-gone", "no code was deployed with it"
    if row.status == "expired" or not row.eligible_for_rollback:
        return "artifact-gone", "Heroku does not offer it for a rollback any more"
    return None, ""
