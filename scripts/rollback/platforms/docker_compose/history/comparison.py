"""Compare the releases with the containers.

Which files started the live release, and which other releases change nothing?
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from rollback.model import Release, Target
from rollback.platforms.docker_compose import details
from rollback.platforms.docker_compose.definition.source import Source
from rollback.platforms.docker_compose.details import Difference
from rollback.platforms.docker_compose.engine.containers import Container
from rollback.platforms.docker_compose.history import candidates
from rollback.platforms.docker_compose.services import drift
from rollback.shell import Shell

_OTHERS = 2  # releases with the images that run, whose files are tried as well


def compared(
    releases: Sequence[Release],
    target: Target,
    today: Source,
    running: Sequence[Container],
    shell: Shell,
) -> list[Release]:
    """Give the live release its matching files; skip releases that change no image."""
    same = [
        release.id
        for release in releases
        if release.status != "live" and not release.skip and candidates.is_running(release, target)
    ]
    files, differs = _best_fit(target, _files(releases, same, today), running, shell)
    result = []
    for release in releases:
        if release.status == "live":
            facts = replace(details.facts(release), source=files, differs=tuple(differs))
            release = replace(release, facts=facts)
        elif release.id in same:
            code, reason = _why_skipped(release, files, target)
            release = replace(release, skip=code, skip_reason=reason)
        result.append(release)
    return result


def _files(releases: Sequence[Release], same: Sequence[str], today: Source) -> list[Source]:
    """Return files that may have started the containers, likeliest first."""
    live = (details.facts(release).source for release in releases if release.status == "live")
    others = (details.facts(release).source for release in releases if release.id in same)
    of_others = [source for source in others if source][:_OTHERS]
    return list(dict.fromkeys([*filter(None, live), today, *of_others]))


def _best_fit(
    target: Target, tried: Sequence[Source], running: Sequence[Container], shell: Shell
) -> tuple[Source, list[Difference]]:
    """Return the first files that match the containers, else the best, with differences."""
    fits: list[tuple[Source, list[Difference]]] = []
    for source in tried:
        differences = drift.differences(target, source, running, shell)
        fits.append((source, differences))
        if not differences:
            break
    return min(fits, key=lambda fit: _weight(fit[1]))


def _weight(differences: Sequence[Difference]) -> tuple[int, int]:
    return sum(not difference.edited for difference in differences), len(differences)


def _why_skipped(release: Release, live: Source, target: Target) -> tuple[str, str]:
    """Return why a release that changes no image is skipped; other settings may differ."""
    facts = details.facts(release)
    if facts.lacks:
        return (
            "config-only",
            f"its images are already running; it only lacks {', '.join(facts.lacks)}",
        )
    keys = list(_changed_keys(facts.source, live, target)) if facts.source else []
    if not keys:
        return "same-content", "its images are already running"
    commit = release.id if release.commit else "that commit"
    by_hand = f"git checkout {commit}, then docker compose up -d"
    return "config-only", f"same images, other settings ({', '.join(keys[:3])}): {by_hand}"


def _changed_keys(source: Source, live: Source, target: Target) -> Iterator[str]:
    """Yield keys like `web.command` that differ between two releases."""
    before, after = source.services(), live.services()
    for service in candidates.moving(target):
        old, new = before.get(service, {}), after.get(service, {})
        for key in sorted({*old, *new} - {"image"}):
            if old.get(key) != new.get(key):
                yield f"{service}.{key}"
