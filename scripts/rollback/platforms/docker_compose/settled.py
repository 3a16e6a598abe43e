"""The last word on a list of releases: which files the live one was started from, and which others change nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from rollback.model import Release, Target
from rollback.platforms.docker_compose import candidates, drift
from rollback.platforms.docker_compose.containers import Container
from rollback.platforms.docker_compose.drift import Difference
from rollback.platforms.docker_compose.source import Source
from rollback.shell import Shell


def releases(
    found: Sequence[Release],
    target: Target,
    today: Source,
    running: Sequence[Container],
    shell: Shell,
) -> list[Release]:
    """The live release takes the files that its containers fit; releases that would change no image are skipped."""
    same = [
        one
        for one in found
        if one.status != "live" and not one.skip and candidates.same(one, target)
    ]
    live = [
        one.facts["source"] for one in found if one.status == "live" and one.facts.get("source")
    ]
    others = [one.facts["source"] for one in same if one.facts.get("source")]
    facts = _facts(target, list(dict.fromkeys([*live, today, *others[:2]])), running, shell)
    settled = []
    for one in found:
        if one.status == "live":
            one = replace(one, facts=one.facts | facts)
        elif one in same:
            code, reason = _same(one, facts["source"], target)
            one = replace(one, skip=code, skip_reason=reason)
        settled.append(one)
    return settled


def _same(release: Release, live: Source, target: Target) -> tuple[str, str]:
    """A release that would change no image; its compose files may still say something else."""
    if lacks := release.facts.get("lacks"):
        return "config-only", f"the images that run already; it only lacks {', '.join(lacks)}"
    source = release.facts.get("source")
    names = _changed_keys(source, live, target) if source else []
    if not names:
        return "same-content", "the images that run already"
    ref = release.id if release.commit else "that commit"
    return (
        "config-only",
        f"the same images, but other settings ({', '.join(names[:3])}): git checkout {ref}, then docker compose up -d",
    )


def _changed_keys(source: Source, live: Source, target: Target) -> list[str]:
    """Keys like `web.command` that two releases write differently."""
    before, after = source.services(), live.services()
    found = []
    for service in candidates.moving(target):
        old, new = before.get(service, {}), after.get(service, {})
        found += [
            f"{service}.{key}"
            for key in sorted({*old, *new})
            if key != "image" and old.get(key) != new.get(key)
        ]
    return found


def _facts(
    target: Target, known: Sequence[Source], running: Sequence[Container], shell: Shell
) -> dict[str, Any]:
    """`source`: the files that fit the containers, else those that fit best; `differs`: what is different with them."""
    best: tuple[Source, list[Difference]] | None = None
    for source in known:
        found = drift.differences(target, source, running, shell)
        if best is None or _weight(found) < _weight(best[1]):
            best = (source, found)
        if not found:
            break
    assert best is not None
    return {"source": best[0], "differs": best[1]}


def _weight(found: Sequence[Difference]) -> tuple[int, int]:
    return sum(not one.edited for one in found), len(found)
