"""What a project could go back to: the ledger, git, then local tags; each release is the images of the whole project."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from rollback.settings.environment import Environment
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


def releases(
    environment: Environment, targets: Sequence[Target], shell: Shell, limit: int
) -> list[list[Release]]:
    return [_within(_releases(environment, target, shell), limit) for target in targets]


def _within(found: Sequence[Release], limit: int) -> list[Release]:
    """The newest `limit` that can be gone back to, with what lies between them; others don't use up the budget."""
    kept: list[Release] = []
    usable = 0
    for release in found:
        usable += release.skip is None
        if usable <= limit and len(kept) < 4 * limit:
            kept.append(release)
    return kept


def _releases(environment: Environment, target: Target, shell: Shell) -> list[Release]:
    details = target.details
    running, images, today = (
        containers.of(shell, details["project"]),
        Images(shell),
        files.today(target.details),
    )
    today.services()  # a file that cannot be read is said before anything is decided
    made = build_source.made(target, running, images, shell)
    found = ledger_source.recorded(environment.ledger, target, images)
    seen = ledger_source.recorded(environment.sightings, target, images)
    recorded = {one.release.id: one.release for one in (*seen, *found)}
    of_git = git_releases.of(git_releases.Known(target, today, images, made, recorded), shell)
    found = [*(found if not of_git else _whole(found, target)), *of_git]
    found += _seen(seen, found, target)
    found += _unknown(build_source.releases(made, target, images), found, target)
    found = _with_live(_without_doubles(found), target, running, images)
    found = _replaced_below(found)
    found += tag_source.guesses(target, running, images, found)
    ordered = [
        one.release
        for one in sorted(_without_doubles(found), key=lambda one: one.order, reverse=True)
    ]
    return settled.releases(_condensed(ordered, target), target, today, running, shell)


def _condensed(ordered: Sequence[Release], target: Target) -> list[Release]:
    """Without commits that nobody named and that run what the release above them runs: they only changed other lines."""
    kept: list[Release] = []
    for release in ordered:
        named = (
            release.commit is None
            or not release.commit.startswith(release.id)
            or release.status == "live"
        )
        if (
            named
            or not kept
            or candidates.content(release, target) != candidates.content(kept[-1], target)
        ):
            kept.append(release)
    return kept


def _whole(found: Sequence[Candidate], target: Target) -> list[Candidate]:
    """Those that the ledger knows in all their parts; what was recorded of one service says nothing of the others."""
    moving = set(candidates.moving(target))
    return [one for one in found if moving.issubset(one.release.facts["recorded"])]


def _seen(
    sighted: Sequence[Candidate], known: Sequence[Candidate], target: Target
) -> list[Candidate]:
    """What was once live, with images that nothing else names. A mixture of known ones was a deploy under way."""
    images = {(service, image) for one in known for service, image in one.release.artifacts.items()}
    return [
        one
        for one in sighted
        if not images.intersection(candidates.content(one.release, target).items())
    ]


def _unknown(
    found: Sequence[Candidate], known: Sequence[Candidate], target: Target
) -> list[Candidate]:
    """Those with images that no other source names together."""
    contents = [candidates.content(one.release, target) for one in known if not one.release.skip]
    return [one for one in found if candidates.content(one.release, target) not in contents]


def _with_live(
    found: list[Candidate], target: Target, running: Sequence[Container], images: Images
) -> list[Candidate]:
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
        return (
            Candidate(one.release, f"{below} {one.order}")
            if live.release.id in one.release.aliases
            else one
        )

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


def _as_it_runs(
    found: Sequence[Candidate],
    target: Target,
    running: Sequence[Container],
    images: Images,
    since: str,
) -> Release:
    now = candidates.now(target)
    tag = _tag(running, target) or candidates.version(now, target, images)
    id = tag if tag and tag not in {one.release.id for one in found} else candidates.content_id(now)
    return Release(
        id=id,
        version=tag,
        status="live",
        deployed_at=since,
        artifact=candidates.short(now),
        artifacts=now,
    )


def _tag(running: Sequence[Container], target: Target) -> str | None:
    """The tag that the moving services were started with, when all have the same."""
    found = {
        split(one.reference)[1] for one in running if one.service in candidates.moving(target)
    } - {"latest"}
    return found.pop() or None if len(found) == 1 else None


def _without_doubles(found: Sequence[Candidate]) -> list[Candidate]:
    """One release per id: git knows more about it (its files) than the ledger, which may know better when it was."""
    best: dict[str, Candidate] = {}
    for one in found:
        other = best.get(one.release.id)
        if other is None or one.release.commit:
            best[one.release.id] = Candidate(
                one.release, one.order or (other.order if other else "")
            )
    return list(best.values())
