"""The releases of each Helm release, newest first.

Helm's own records say what failed, never ended, or was rolled back from.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from rollback.model import Release, Status, Target
from rollback.platforms._cluster import content
from rollback.platforms.helm import details, evidence, reverted, serves, storage, stuck
from rollback.platforms.helm.details import Facts
from rollback.platforms.helm.manifest import artifact
from rollback.platforms.helm.storage import Revision
from rollback.settings.environment import Environment
from rollback.shell import Shell
from rollback.text import clean

_FAILED = re.compile(r'"\S*" failed: |^failed ')
_UNFINISHED = ("pending", "uninstalling", "unknown")


def releases(
    environment: Environment, targets: Sequence[Target], shell: Shell, limit: int
) -> list[list[Release]]:
    """Raises Unreadable. The newest revision is live whatever its status: Helm applied it last."""
    location = details.of(targets[0])
    stored = storage.revisions(shell, location, [target.app for target in targets])
    states = evidence.read(shell, location, [known[0] for known in stored if known])
    histories: list[list[Release]] = []
    for target, known in zip(targets, stored, strict=True):
        if not known:
            histories.append([])
            continue
        live = stuck.facts(environment.project, shell, target, known)
        live = replace(
            live,
            templates=evidence.templates(states, known[0], location.namespace),
            workloads=evidence.live_workloads(states, known[0], location.namespace),
            pods=evidence.pods(states, known[0], location.namespace),
        )
        unserved = evidence.against(states, known, location.namespace)
        histories.append(of_revisions(target, known, live, unserved)[:limit])
    return histories


def bare(releases: Sequence[Release]) -> str | None:
    """`helm rollback RELEASE` takes the number below the newest one, whatever its status."""
    before = str(int(releases[0].id) - 1) if releases else ""
    return before if any(release.id == before for release in releases) else None


def of_revisions(
    target: Target, known: Sequence[Revision], live: Facts, unserved: Mapping[int, str]
) -> list[Release]:
    """Return the releases, newest first.

    `known` is newest first; `unserved`: number -> why it never served.
    """
    left = reverted.reverted(known)
    older = [_older(target, revision, revision.number in left, unserved) for revision in known[1:]]
    alike = serves.alike(known, details.of(target).namespace)
    return [
        release if release.artifact is None else replace(release, serves=alike.get(int(release.id)))
        for release in [_live(target, live), *older]
    ]


def images(manifest: str) -> dict[str, str]:
    """Return every image of the manifest, by its repository.

    Read by lines: parsing every old manifest takes seconds.
    """
    found: dict[str, str] = {}
    for image in dict.fromkeys(serves.IMAGE.findall(manifest)):
        name = _repository(image)
        found[image if name in found else name] = image
    return found


def main_image(manifest: str, names: Sequence[str]) -> str | None:
    """Return the image called like the release or its chart, else the only one."""
    known = [*images(manifest).values()]
    alike = [image for image in known if _repository(image) in names]
    if alike:
        return alike[0]
    return known[0] if len(known) == 1 else None


def _live(target: Target, facts: Facts) -> Release:
    release = replace(_release(target, facts.revision), status="live", facts=facts)
    release = replace(release, digests=evidence.digests(facts.pods, release.images))
    # a live revision that did not end well is not yet the content it asks for, so the same
    # content is worth rolling back to
    return release if facts.revision.status == "deployed" else replace(release, artifact=None)


def _older(
    target: Target, revision: Revision, reverted: bool, unserved: Mapping[int, str]
) -> Release:
    status, skip, reason = _standing(revision, reverted)
    if status == "superseded" and revision.number in unserved:
        skip, reason = "unhealthy-evidence", unserved[revision.number]
    return replace(_release(target, revision), status=status, skip=skip, skip_reason=reason)


def _release(target: Target, revision: Revision) -> Release:
    chart = revision.chart
    image = main_image(revision.manifest, (target.app, chart.get("name") or "")) or ""
    template = {"spec": {"containers": [{"name": "", "image": image}]}}
    description = f"{chart.get('name')}-{chart.get('version')}: {revision.description}"
    return Release(
        id=str(revision.number),
        version=content.tag(image) or chart.get("appVersion") or chart.get("version"),
        deployed_at=revision.deployed_at,
        artifact=artifact(target, revision.manifest),
        commit=content.commit(template, chart.get("annotations") or {}, ""),
        description=clean(description, 80),
        images=images(revision.manifest),
        facts=Facts(revision),
    )


def _standing(revision: Revision, reverted: bool) -> tuple[Status, str | None, str]:
    """Return status, skip code and reason, as Helm's own record says."""
    if revision.status.startswith(_UNFINISHED):
        return "failed", "unfinished", f"{revision.status}: it never ended"
    if revision.status == "failed" or _FAILED.search(revision.description):
        return "failed", None, clean(revision.description, 100)
    if reverted:
        return "rolled-back-from", None, "was rolled back from"
    return "superseded", None, ""


def _repository(image: str) -> str:
    """Return the last part of the name: reg:5000/team/web:v7 is web."""
    return image.rpartition("/")[2].partition("@")[0].partition(":")[0]
