"""Which revisions of several workloads were live together: linked by commit, version label or change-cause, else guessed by time."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from rollback.settings.environment import LedgerEntry
from rollback.model import Release
from rollback.platforms.kubernetes.content import labelled_version

Histories = Mapping[str, list[Release]]  # app (a workload) -> its releases, newest first
Link = Callable[[Release], str | None]

LINKS: tuple[tuple[str, Link], ...] = (
    ("commit", lambda one: one.commit),
    ("version label", lambda one: labelled_version(one.facts["revision"].template)),
    ("change-cause", lambda one: one.facts["revision"].cause or None),
)


def together(histories: Histories) -> list[Release]:
    """Sets, newest first, exactly one live. Without a link they are guesses by time, for a person to choose from."""
    histories = {key: releases for key, releases in histories.items() if releases}
    if not histories:
        return []
    link = next(((name, of) for name, of in LINKS if _usable(histories, of)), None)
    moments = list(_linked(histories, link[1])) if link else list(_timed(histories))
    name = link[0] if link else ""
    serving = {key: _live(releases) for key, releases in histories.items()}
    found = [_as_set(serving, serving, name, _shared(serving, link))]
    for word, parts in moments:
        one = _as_set(parts, serving, name, word)
        if all(one.id != other.id for other in found):
            found.append(one)
    return found


def with_verdicts(
    app: str, releases: list[Release], ledger: Sequence[LedgerEntry]
) -> list[Release]:
    """The ledger's word about a part; about a set of parts it is laid over later, as for every platform."""

    def judged(one: Release) -> Release:
        ids = (one.id, *one.aliases)
        said = [
            entry.verdict
            for entry in ledger
            if entry.app == app and entry.release in ids and entry.artifact in (None, one.artifact)
        ]
        return replace(one, status=said[-1]) if said and one.status != "live" else one

    return list(map(judged, releases))


def _usable(histories: Histories, of: Link) -> bool:
    """Every workload's live release and at least one older release of the application carry it."""
    everywhere = all(of(_live(releases)) for releases in histories.values())
    words = {of(one) for releases in histories.values() for one in releases} - {None}
    return everywhere and len(words) > 1


def _linked(
    histories: Histories, of: Link
) -> Iterator[tuple[str | None, dict[str, Release | None]]]:
    """For each word, newest first: the revision that carries it, else the one that served at that time."""
    newest: dict[str, str] = {}
    for releases in histories.values():
        for one in releases:
            if word := of(one):
                newest[word] = max(newest.get(word, ""), one.deployed_at or "")
    for word, at in sorted(newest.items(), key=lambda pair: pair[1], reverse=True):
        yield (
            word,
            {
                key: _carrying(releases, of, word) or _serving_at(releases, at)
                for key, releases in histories.items()
            },
        )


def _timed(histories: Histories) -> Iterator[tuple[str | None, dict[str, Release | None]]]:
    moments = sorted(
        {one.deployed_at or "" for releases in histories.values() for one in releases}, reverse=True
    )
    for at in moments:
        yield None, {key: _serving_at(releases, at) for key, releases in histories.items()}


def _as_set(
    parts: Mapping[str, Release | None], serving: Mapping[str, Release], link: str, word: str | None
) -> Release:
    present = {key: one for key, one in parts.items() if one is not None}
    content = ",".join(f"{key}={present[key].artifact}" for key in sorted(present))
    live = all(parts[key] is serving[key] for key in serving)
    moving = [one for key, one in present.items() if one is not serving[key]]
    release = Release(
        id="set-" + hashlib.sha256(content.encode()).hexdigest()[:7],
        version=word or _version(present),
        status="live" if live else "superseded",
        deployed_at=max((one.deployed_at or "" for one in present.values()), default=None),
        commit=_agreed(one.commit for one in present.values()),
        description=f"linked by {link}"
        if link
        else "live at the same time (a guess: nothing links these revisions)",
        artifacts={key: one.artifact or "" for key, one in present.items()},
        facts={"parts": present, "link": link, "guess": not link},
    )
    return (
        release
        if live
        else _judged(release, moving, [key for key in serving if key not in present])
    )


def _judged(release: Release, moving: list[Release], gone: list[str]) -> Release:
    """What speaks against one part speaks against the set; parts that stay as they are say nothing."""
    if gone:
        return replace(
            release,
            skip="artifact-gone",
            skip_reason=f"{', '.join(gone)} remembers no revision of that time",
        )
    if bad := next((one for one in moving if one.status in ("rolled-back-from", "failed")), None):
        return replace(release, status=bad.status, skip_reason=bad.skip_reason)
    if bad := next((one for one in moving if one.skip and one.skip != "same-content"), None):
        return replace(
            release,
            skip=bad.skip,
            skip_reason=f"{bad.facts['workload'].key} revision {bad.id}: {bad.skip_reason}",
        )
    if all(one.skip == "same-content" for one in moving):
        return replace(
            release, skip="same-content", skip_reason="differs from the live set by restarts only"
        )
    return replace(
        release, served_seconds=min((one.served_seconds or 0 for one in moving), default=None)
    )


def _live(releases: list[Release]) -> Release:
    return next(one for one in releases if one.status == "live")


def _carrying(releases: list[Release], of: Link, word: str) -> Release | None:
    return next((one for one in releases if of(one) == word), None)


def _serving_at(releases: list[Release], at: str) -> Release | None:
    return next(
        (
            one
            for one in sorted(releases, key=lambda one: one.deployed_at or "", reverse=True)
            if (one.deployed_at or "") <= at
        ),
        None,
    )


def _shared(serving: Mapping[str, Release], link: tuple[str, Link] | None) -> str | None:
    return _agreed(link[1](one) for one in serving.values()) if link else None


def _version(parts: Mapping[str, Release]) -> str | None:
    return "+".join(dict.fromkeys(one.version or "?" for one in parts.values())) or None


def _agreed(words: Any) -> str | None:
    found = set(words)
    return found.pop() if len(found) == 1 else None
