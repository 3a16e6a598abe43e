"""The releases of an application, newest first: what its services were on together."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from rollback.model import Finding, Release, Status, Target
from rollback.platforms.ecs import (
    controllers,
    details,
    history,
    targets as services,
    timeline,
    weak,
)
from rollback.platforms.ecs.answers import (
    ContainerImage,
    ServiceDeployment,
    number,
    short,
    utc,
)
from rollback.aws.client import Client, connect
from rollback.platforms.ecs.codedeploy import findings as codedeploy
from rollback.platforms.ecs.codedeploy.known import returns
from rollback.platforms.ecs.details import Details, Facts, Side
from rollback.platforms.ecs.history import BEFORE, Read
from rollback.platforms.ecs.timeline import State
from rollback.settings.environment import Environment
from rollback.shell import Shell
from rollback.text import clean

_COMMIT = re.compile(r"[0-9a-f]{7,40}")


def releases(
    environment: Environment, targets: Sequence[Target], shell: Shell, limit: int
) -> list[list[Release]]:
    """Return each application's releases. Raises Unreadable."""
    known = [details.of(target) for target in targets]
    return [_of(connect(shell, row.profile, row.region), row, limit) for row in known]


def bare(releases: Sequence[Release]) -> str | None:
    """Return what the recipe "current task definition revision - 1" would pick."""
    live = next((release for release in releases if release.status == "live"), None)
    if live is None:
        return None
    arns = [side.arn for side in details.facts_of(live).sides.values()]
    before = [
        f"{short(arn).rpartition(':')[0]}:{number(arn) - 1}" for arn in arns if number(arn) > 1
    ]
    return "+".join(before) or None


def _of(client: Client, known: Details, limit: int) -> list[Release]:
    names = [service.name for service in known.services]
    kept = client.kept.pop(known.cluster, ())  # read by `targets` a moment ago: used once
    fresh = [service.service_name for service in kept] == names
    described = kept if fresh else services.read(client, known.cluster, names)
    reads = client.spread(lambda service: history.read(client, service, limit), described)
    return from_reads(reads)


def from_reads(reads: Sequence[Read]) -> list[Release]:
    """Return the releases, exactly one live."""
    live = timeline.live_of(reads)
    made = [_release(state, reads, live) for state in timeline.states(reads)]
    if any(read.weak for read in reads):
        made += weak.guesses(reads, made)
    return made


def _release(state: State, reads: Sequence[Read], live: timeline.Vector) -> Release:
    serving = timeline.key(state.vector) == timeline.key(live)
    sides = {
        read.service.service_name: side_of(read, state.vector[read.service.service_name])
        for read in reads
    }
    images = dict(_images(reads, state.vector))
    skip, reason = (None, "") if serving else _against(state, sides)
    tags = {_tag(image) for image, _ in images.values()} - {""}
    version = tags.pop() if len(tags) == 1 else None
    return Release(
        id="+".join(side.name for side in sides.values()),
        version=version,
        status=_status(state, serving),
        deployed_at=None if state.before else utc(state.at),
        artifacts={name: side.name for name, side in sides.items()},
        commit=version if version and _COMMIT.fullmatch(version) else None,
        description=_description(state, reads, serving),
        served_seconds=None if serving or state.before else state.served,
        skip=skip,
        skip_reason=reason,
        aliases=tuple(_aliases(reads, state.vector)),
        findings=tuple(_about_live(reads)) if serving else (),
        images={name: image for name, (image, _) in images.items()},
        digests={name: digest for name, (_, digest) in images.items() if digest},
        serves=repr(timeline.key(state.vector)),
        facts=_facts(sides, reads, serving),
    )


def _facts(sides: dict[str, Side], reads: Sequence[Read], serving: bool) -> Facts:
    if not serving:
        return Facts(sides, _definitions(reads))
    named = {read.service.service_name: read for read in reads if read.codedeploy}
    deployments = {read.service.service_name: list(history.told(read)) for read in reads}
    return Facts(sides, _definitions(reads), _running(reads), named, deployments)


def side_of(read: Read, arn: str) -> Side:
    """Return a task definition as a move has it."""
    state: details.State = "ACTIVE"
    if arn in read.definitions:
        state = "gone" if read.definitions[arn] is None else "INACTIVE"
    ran = _last_run(read, {arn})
    digests = {name: each.image_digest for name, each in ran.items() if each.image_digest}
    return Side(arn, digests, state, read.newest)


def _last_run(read: Read, arns: Collection[str]) -> dict[str, ContainerImage]:
    """Return container -> its image when these task definitions last ran.

    A tag may have been pushed again between two deployments of one task definition. What a
    deployment that failed or was stopped would have run counts only if no other is known.
    """
    served = ("SUCCESSFUL", "PENDING", "IN_PROGRESS")
    newest_first = sorted(read.deployments, key=lambda row: row.status not in served)
    known: dict[str, ContainerImage] = {}
    for deployment in newest_first:
        revision = read.revisions.get(deployment.target_service_revision_arn)
        if revision is None or revision.task_definition not in arns:
            continue
        for each in revision.container_images:
            if each.container_name not in known or not known[each.container_name].image_digest:
                known[each.container_name] = each
    return known


def _definitions(reads: Sequence[Read]) -> dict[str, object]:
    return {arn: known for read in reads for arn, known in read.definitions.items() if known}


def _running(reads: Sequence[Read]) -> dict[str, tuple[str, str]]:
    """Return service -> the deployment in flight, and the task definition that it came from."""
    running = {}
    for read in reads:
        name = read.service.service_name
        if read.codedeploy:
            if busy := read.codedeploy.busy:
                came = returns(read.service, busy)
                running[name] = (busy.deployment_id, read.copies.get(came, came))
        elif (row := timeline.in_flight(read)) is not None and row.status in (
            "PENDING",
            "IN_PROGRESS",
        ):
            # where stopping it with ROLLBACK leads: the last one that completed
            done = (each for each in read.deployments if each.status == "SUCCESSFUL")
            came = next(map(read.definition_of, done), "")
            running[name] = (row.service_deployment_arn, came)
    return running


def _images(
    reads: Sequence[Read], vector: timeline.Vector
) -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield "<service>/<container>" -> its image, and "<repository>@<digest>" or ""."""
    for read in reads:
        name = read.service.service_name
        copied = {old for old, copy in read.copies.items() if copy == vector[name]}
        for each in _last_run(read, {vector[name], *copied}).values():
            repository = each.image.partition("@")[0].rpartition("/")
            plain = f"{repository[0]}{repository[1]}{repository[2].partition(':')[0]}"
            digest = f"{plain}@{each.image_digest}" if each.image_digest else ""
            yield f"{name}/{each.container_name}", (each.image, digest)


def _tag(image: str) -> str:
    return "" if "@" in image else clean(image.rpartition("/")[2].partition(":")[2], 60)


def _aliases(reads: Sequence[Read], vector: timeline.Vector) -> Iterator[str]:
    """Yield the names that a copied task definition had before, of a single service."""
    if len(reads) == 1:
        (arn,), (read,) = vector.values(), reads
        yield from (short(old) for old, copy in read.copies.items() if copy == arn)


def _status(state: State, serving: bool) -> Status:
    if serving:
        return "live"
    if state.failed:
        return "failed"
    return "rolled-back-from" if state.left else "superseded"


def _against(state: State, sides: dict[str, Side]) -> tuple[str | None, str]:
    """Return a skip code and its reason, or (None, "")."""
    gone = [side.name for side in sides.values() if side.state == "gone"]
    if gone:
        return "artifact-gone", f"task definition {', '.join(gone)} was deleted"
    if state.stopped:
        return "unfinished", clean(state.stopped, 120)
    return None, ""


def _description(state: State, reads: Sequence[Read], serving: bool) -> str:
    if serving:
        primaries = [read.service.primary for read in reads]
        busy = [each for each in primaries if each.rollout_state == "IN_PROGRESS"]
        up, wanted = (
            sum(each.running_count for each in busy),
            sum(each.desired_count for each in busy),
        )
        return f"being deployed: {up} of {wanted} tasks run" if busy else ""
    return clean(state.failed or state.stopped or (BEFORE if state.before else ""))


def _served(read: Read, deployment: ServiceDeployment) -> bool:
    """Whether CodeDeploy brought it before with success: it is still a candidate."""
    arn = read.definition_of(deployment)
    done = (row for row in read.deployments if row.status == "SUCCESSFUL")
    return read.codedeploy is not None and any(read.definition_of(row) == arn for row in done)


def _about_live(reads: Sequence[Read]) -> Iterator[Finding]:
    """Yield what a plan has to say: a history that is a guess, and a rollback that ECS made."""
    for read in reads:
        yield from controllers.findings(read.service, read.untold)
        yield from codedeploy.about_history(read)
        name = read.service.service_name
        if read.weak and not read.codedeploy:
            why = clean(read.weak, 200)
            message = f"{name}: no history of deployments ({why}): what is listed is a guess"
            fix = "allow ecs:ListServiceDeployments and ecs:DescribeServiceRevisions"
            yield Finding("warning", "history-weak", message, fix)
        newest = read.deployments[0] if read.deployments else None
        if newest and newest.status in ("ROLLBACK_SUCCESSFUL", "ROLLBACK_FAILED", "STOPPED"):
            failed = short(read.definition_of(newest))
            if failed and failed != short(read.service.live) and not _served(read, newest):
                message = (
                    f"{name}: the deployment of {failed} ended {newest.status}"
                    f" ({clean(newest.status_reason, 160)}), and {short(read.service.live)} is live"
                    " again: a rollback goes further back than that"
                )
                fix = f"if {short(read.service.live)} is well, there is nothing to roll back"
                yield Finding("warning", "back-by-itself", message, fix)
