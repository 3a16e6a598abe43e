"""What a project could go back to: the ledger, git, then local tags; each release is the images of the whole project."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from rollback.environment import Environment
from rollback.model import Release, Target
from rollback.platforms.docker_compose import (
    build_source,
    candidates,
    containers,
    files,
    git_releases,
    ledger_source,
    settled,
    tag_source,
)
from rollback.platforms.docker_compose.candidates import Candidate
from rollback.platforms.docker_compose.containers import Container
from rollback.platforms.docker_compose.local_images import Images, split
from rollback.shell import Shell


def releases(environment: Environment, targets: Sequence[Target], shell: Shell, limit: int) -> list[list[Release]]:
    return [_releases(environment, target, shell)[:limit] for target in targets]


def _releases(environment: Environment, target: Target, shell: Shell) -> list[Release]:
    details = target.details
    running, images, today = containers.of(shell, details["project"]), Images(shell), files.today(target.details)
    today.services()  # a file that cannot be read is said before anything is decided
    made = build_source.made(target, running, images, shell)
    found = ledger_source.recorded(environment.ledger, target, images)
    seen = ledger_source.recorded(environment.sightings, target, images)
    recorded = {one.release.id: one.release for one in (*seen, *found)}
    found += git_releases.of(git_releases.Known(target, today, images, made, recorded), shell)
    found += _seen(seen, found, target)
    found += _unknown(build_source.releases(made, target, images), found, target)
    found = _with_live(_without_doubles(found), target, running, images)
    found = _replaced_below(found)
    found += tag_source.guesses(target, running, images, found)
    ordered = [one.release for one in sorted(_without_doubles(found), key=lambda one: one.order, reverse=True)]
    return settled.releases(ordered, target, today, running, shell)


def _seen(sighted: Sequence[Candidate], known: Sequence[Candidate], target: Target) -> list[Candidate]:
    """What was once live, with images that nothing else names. A mixture of known ones was a deploy under way."""
    images = {(service, image) for one in known for service, image in one.release.artifacts.items()}
    return [one for one in sighted if not images.intersection(candidates.content(one.release, target).items())]


def _unknown(found: Sequence[Candidate], known: Sequence[Candidate], target: Target) -> list[Candidate]:
    """Those with images that no other source names together."""
    contents = [candidates.content(one.release, target) for one in known if not one.release.skip]
    return [one for one in found if candidates.content(one.release, target) not in contents]


def _with_live(found: list[Candidate], target: Target, running: Sequence[Container], images: Images) -> list[Candidate]:
    """Mark what runs now: the newest candidate with these very images, else a release made from the containers."""
    moving = candidates.moving(target)
    since = max(one.created for one in running if one.service in moving or not moving)[:19] + "Z"
    same = [one for one in found if not one.release.skip and candidates.same(one.release, target)]
    whole = [one for one in same if not one.release.facts.get("lacks")]
    if not whole:
        order = _mixed_order(found, target) or since
        return [*found, Candidate(_as_it_runs(found, target, running, images, since), order)]
    live = max(whole, key=lambda one: one.order)
    marked = replace(live.release, status="live", deployed_at=since)
    return [Candidate(marked, one.order or since) if one is live else one for one in found]


def _replaced_below(found: Sequence[Candidate]) -> list[Candidate]:
    """Images that a commit ran before its tag or build was made anew are older than those it runs now."""
    live = next(one for one in found if one.release.status == "live")
    below = f"{live.order.rpartition(' ')[0] or live.order} 000000"

    def placed(one: Candidate) -> Candidate:
        return Candidate(one.release, f"{below} {one.order}") if live.release.id in one.release.aliases else one

    return [placed(one) for one in found]


def _mixed_order(found: Sequence[Candidate], target: Target) -> str:
    """Where services run images of several releases, the newest of these counts as live: what is older lies before it.

    "" where an image belongs to none of them. Sorting keeps equal orders as they are, so this stands right below it.
    """
    introduced = []
    for service, image in candidates.now(target).items():
        if service in candidates.moving(target):
            orders = [one.order for one in found if one.release.artifacts.get(service) == image]
            if not orders:
                return ""
            introduced.append(min(orders))
    return max(introduced, default="")


def _as_it_runs(found: Sequence[Candidate], target: Target, running: Sequence[Container], images: Images, since: str) -> Release:
    now = candidates.now(target)
    tag = _tag(running, target) or candidates.version(now, target, images)
    id = tag if tag and tag not in {one.release.id for one in found} else candidates.content_id(now)
    return Release(id=id, version=tag, status="live", deployed_at=since, artifact=candidates.short(now), artifacts=now)


def _tag(running: Sequence[Container], target: Target) -> str | None:
    """The tag that the moving services were started with, when all have the same."""
    found = {split(one.reference)[1] for one in running if one.service in candidates.moving(target)} - {"latest"}
    return found.pop() or None if len(found) == 1 else None


def _without_doubles(found: Sequence[Candidate]) -> list[Candidate]:
    """One release per id: git knows more about it (its files) than the ledger, which may know better when it was."""
    best: dict[str, Candidate] = {}
    for one in found:
        other = best.get(one.release.id)
        if other is None or one.release.commit:
            best[one.release.id] = Candidate(one.release, one.order or (other.order if other else ""))
    return list(best.values())

