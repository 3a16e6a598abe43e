"""Which release to go back to: the last one known to be good, not "number minus one". Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from rollback.clock import span
from rollback.errors import Usage
from rollback.flow import tags
from rollback.model import Finding, Release, Skipped

SHORT = 600  # seconds: a release that served less is suspicious...
LONG = 3600  # ...when an older one served this long
_SHOWN = 8  # releases in a message
BAD = ("failed", "rolled-back-from")
_WHY = {"failed": "failed", "rolled-back-from": "was rolled back from"}
GONE = ("artifact-gone", "unfinished", "config-only")  # no status can make up for these


class Choice(Struct, frozen=True):
    """`to` is None when no release fits, or several do; `options` lists what a person can name."""

    to: Release | None
    skipped: tuple[Skipped, ...] = ()
    findings: tuple[Finding, ...] = ()
    options: tuple[Release, ...] = ()


def live(releases: Sequence[Release]) -> Release:
    """Return the live release. Raises Usage when the history names none."""
    serving = next((release for release in releases if release.status == "live"), None)
    if serving is None:
        raise Usage(
            "no-live-release",
            "the history names no live release",
            "deploy once, or check the environment's settings",
        )
    return serving


def choose(releases: Sequence[Release], wanted: str) -> Choice:
    """Choose `previous` or a named release; newest first. Raises Usage (unknown-release)."""
    return previous(releases) if wanted == "previous" else named(releases, wanted)


def previous(releases: Sequence[Release]) -> Choice:
    serving, known = live(releases), with_service(releases)
    candidates = known[list(releases).index(serving) + 1 :]
    skipped: list[Skipped] = []
    for position, (release, against) in enumerate(_judged(serving, known, candidates)):
        if against is None:
            older = candidates[position + 1 :]
            findings = (*_evidence(release, older), *tags.moved(release, serving))
            return Choice(release, tuple(skipped), findings, tuple(candidates))
        skipped.append(replace(against, at=release.deployed_at))
    return Choice(None, tuple(skipped))


def reachable(releases: Sequence[Release]) -> list[Release]:
    """Return the releases below the live one that nothing speaks against, newest first."""
    serving, known = live(releases), with_service(releases)
    candidates = known[list(releases).index(serving) + 1 :]
    judged = _judged(serving, known, candidates)
    return [release for release, against in judged if against is None and not release.guess]


def _judged(
    serving: Release, known: Sequence[Release], candidates: Sequence[Release]
) -> Iterator[tuple[Release, Skipped | None]]:
    """Yield each candidate with what speaks against it."""
    for position, release in enumerate(candidates):
        older = candidates[position + 1 :]
        yield release, _against(release, serving, older) or _inherited(release, known)


def hits(releases: Sequence[Release], wanted: str) -> list[Release]:
    """Return what a name means: an exact id before a version, an alias or a commit."""
    return [release for release in releases if wanted == release.id] or [
        release
        for release in releases
        if wanted in (release.version, *release.aliases) or _is_prefix(wanted, release.commit)
    ]


def named(releases: Sequence[Release], wanted: str) -> Choice:
    serving = live(releases)
    found = hits(releases, wanted)
    if not found:
        known = ", ".join(release.label for release in releases[:_SHOWN]) or "empty"
        if len(releases) > _SHOWN:
            known += f" and {len(releases) - _SHOWN} more, back to {releases[-1].label}"
        raise Usage(
            "unknown-release",
            f"release {wanted} is not in the history ({known})",
            "name one of these (history.py lists them); add --clear-cache if it is new; go back "
            "by hand to what is older than all of them",
        )
    if len(found) > 1:
        return Choice(None, options=tuple(found))
    to = next(release for release in with_service(releases) if release.id == found[0].id)
    return Choice(to, findings=tuple(_about_named(to, serving, releases)))


def oldest(releases: Sequence[Release]) -> str:
    """Say why there is nothing below the live release."""
    serving = live(releases)
    newer = ", ".join(
        f"{release.id} {release.status}"
        for release in releases[: list(releases).index(serving)][:5]
    )
    since = f", live since {serving.deployed_at}" if serving.deployed_at else ""
    place = f"oldest known release; newer: {newer}" if newer else f"only release{since}"
    return f"{serving.label} is the {place}"


def with_service(releases: Sequence[Release]) -> list[Release]:
    """Fill in served_seconds from the deploy times of the releases that came after.

    Releases that serve the same are one service: a restart begins no new one.
    """
    filled: list[Release] = []
    until: str | None = None
    for release in releases:
        served = (
            _seconds(release.deployed_at, until)
            if release.served_seconds is None
            else release.served_seconds
        )
        filled.append(replace(release, served_seconds=served))
        if release.skip != "unfinished" and release.status != "failed" and release.deployed_at:
            until = release.deployed_at
    return [_with_restarts(release, filled) for release in filled]


def _with_restarts(release: Release, releases: Sequence[Release]) -> Release:
    alike = [other for other in releases if other.serves and other.serves == release.serves]
    well = [other.served_seconds or 0 for other in alike if other is release or not is_bad(other)]
    return replace(release, served_seconds=sum(well)) if len(well) > 1 else release


def same_content(first: Release, second: Release) -> bool:
    if first.serves and second.serves:
        return first.serves == second.serves
    if first.artifacts or second.artifacts:
        return first.artifacts == second.artifacts
    return first.artifact is not None and first.artifact == second.artifact


def _against(release: Release, serving: Release, older: Sequence[Release]) -> Skipped | None:
    served, best = release.served_seconds, max((r.served_seconds or 0 for r in older), default=0)
    if release.skip:
        return Skipped(release.id, release.skip, release.skip_reason or release.skip)
    if release.status in BAD:
        return Skipped(release.id, release.status, _WHY[release.status])
    if same_content(release, serving):
        return Skipped(release.id, "same-content", "same content as the live release")
    if against := tags.against(release, serving):
        return against
    if not _proven(release) and served is not None and served < SHORT and best >= LONG:
        reason = f"served {span(served)}; an older release served {span(best)}"
        return Skipped(release.id, "short-lived", reason)
    return None


def _inherited(release: Release, releases: Sequence[Release]) -> Skipped | None:
    """Doubt what serves the same as a release that went badly: restarted, it is no better."""
    for other in releases if release.serves and not _proven(release) else ():
        if other is release or other.serves != release.serves or not is_bad(other):
            continue
        if other.status == "rolled-back-from" or not _positive(release):
            code = other.status if other.status in BAD else other.skip or other.status
            why = other.skip_reason or _WHY.get(other.status, code)
            return Skipped(release.id, code, f"serves the same as {other.label}: {why}")
    return None


def is_bad(release: Release) -> bool:
    """Whether evidence speaks against a release."""
    return release.status in BAD or release.skip in ("unhealthy-evidence", "bad-mark")


def _proven(release: Release) -> bool:
    return release.status == "good" or bool(release.proven)


def _positive(release: Release) -> bool:
    return _proven(release) or (release.served_seconds or 0) >= LONG


def _evidence(release: Release, older: Sequence[Release]) -> tuple[Finding, ...]:
    if _positive(release):
        return ()
    better = next(
        (r for r in older if _positive(r) and not r.skip and r.status not in BAD),
        None,
    )
    nearest = f"; the nearest release known to have served well is {better.label}" if better else ""
    served = f"served only {span(release.served_seconds)}" if release.served_seconds else ""
    known = f"{release.label} {served or 'may never have served'}"
    message = f"{known}; it is only the one before, without good evidence{nearest}"
    return (
        Finding(
            "warning",
            "only-the-one-before",
            message,
            f"name {better.id} instead" if better else "check it before you approve",
        ),
    )


def _about_named(to: Release, serving: Release, releases: Sequence[Release]) -> list[Finding]:
    order = [release.id for release in releases]
    findings = []
    if to.skip in GONE:
        findings.append(
            Finding(
                "blocker",
                to.skip,
                f"Cannot roll back to {to.label}: {to.skip_reason or to.skip}",
                "name another release",
            )
        )
    elif to.status in BAD or to.skip:
        why = to.skip_reason or f"it {_WHY[to.status]}"
        findings.append(
            Finding("warning", to.skip or to.status, f"{to.label} was named although {why}")
        )
    if order.index(to.id) < order.index(serving.id):
        findings.append(
            Finding("note", "forward", f"{to.label} is newer than the live {serving.label}")
        )
    return [*findings, *tags.moved(to, serving)]


def _is_prefix(wanted: str, commit: str | None) -> bool:
    return commit is not None and len(wanted) >= 7 and commit.startswith(wanted.lower())


def _seconds(start: str | None, end: str | None) -> float | None:
    if not start or not end:
        return None
    span = datetime.fromisoformat(end.replace("Z", "+00:00")) - datetime.fromisoformat(
        start.replace("Z", "+00:00")
    )
    return max(span.total_seconds(), 0.0)
