"""The releases of each Helm release, newest first: what failed, never ended, or was rolled back from is said by Helm's own records."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec.structs import replace

from rollback.settings.environment import Environment
from rollback.model import Release, Status, Target
from rollback.platforms.helm import evidence, manifest, storage, stuck
from rollback.platforms.helm.storage import Stored
from rollback.platforms.kubernetes import content
from rollback.shell import Shell
from rollback.text import clean

_BACK = re.compile(r"Rollback to (\d+)")
_IMAGE = re.compile(r"^\s*(?:- )?image: *[\"']?([^\s\"'#]+)", re.MULTILINE)
_FAILED = re.compile(r'"\S*" failed: |^failed ')


def releases(
    environment: Environment, targets: Sequence[Target], shell: Shell, limit: int
) -> list[list[Release]]:
    """Raises Unreadable. The newest revision is live whatever its status: Helm applied it last."""
    stored = storage.revisions(shell, targets[0].details, [target.app for target in targets])
    looks = evidence.look(shell, targets[0].details, [known[0] for known in stored if known])
    rows = zip(targets, stored, strict=True)
    return [
        _of_release(environment.project, target, known, shell, looks)[:limit] if known else []
        for target, known in rows
    ]


def bare(releases: Sequence[Release]) -> str | None:
    """`helm rollback RELEASE` takes the number below the newest one, whatever its status."""
    before = str(int(releases[0].id) - 1) if releases else ""
    return before if any(one.id == before for one in releases) else None


def left(known: Sequence[Stored]) -> set[int]:
    """Revisions that somebody rolled back from, and older ones of the same content. `known` is newest first."""
    found: set[int] = set()
    rows = {one.number: one for one in known}
    for one in sorted(known, key=lambda one: one.number):
        came_from, back_to = rows.get(one.number - 1), origin(one)
        if back_to is None or came_from is None:
            continue
        # the second of two rollbacks in a row that returns to what the first one left takes that one back: it speaks against nothing
        undone = (
            {number for number in found if _same(rows, number, one)}
            if origin(came_from) is not None
            else set()
        )
        found -= undone
        if not undone:
            found |= {
                number
                for number, other in rows.items()
                if number < one.number and other.manifest == came_from.manifest != one.manifest
            }
    return found


def origin(one: Stored) -> int | None:
    """The revision that this one went back to."""
    back = _BACK.search(one.description)
    return int(back[1]) if back else None


def _same(rows: dict[int, Stored], number: int, one: Stored) -> bool:
    return number in rows and rows[number].manifest == one.manifest


def _of_release(
    project: Path, target: Target, known: list[Stored], shell: Shell, looks: evidence.Looks
) -> list[Release]:
    namespace = target.details["namespace"]
    abandoned, bad = left(known), evidence.against(looks, known, namespace)
    newest, *older = [
        _release(target, one, one is known[0], one.number in abandoned) for one in known
    ]
    unwell = [
        replace(one, skip="unhealthy-evidence", skip_reason=bad[int(one.id)])
        if _speaks(one, bad)
        else one
        for one in older
    ]
    facts = {
        "templates": evidence.templates(looks, known[0], namespace),
        **stuck.facts(project, shell, target, known),
    }
    return [replace(newest, facts={**newest.facts, **facts}), *unwell]


def _speaks(one: Release, bad: Mapping[int, str]) -> bool:
    return one.status == "superseded" and int(one.id) in bad


def _release(target: Target, one: Stored, live: bool, abandoned: bool) -> Release:
    status, skip, reason = _standing(one, abandoned)
    image = main_image(one.manifest, (target.app, one.chart.get("name") or ""))
    template = {"spec": {"containers": [{"name": "", "image": image or ""}]}}
    return Release(
        id=str(one.number),
        version=content.tag(image or "") or one.chart.get("appVersion") or one.chart.get("version"),
        status="live" if live else status,
        deployed_at=one.deployed_at,
        # a live release that did not end well is not yet the content it asks for: the same content is worth going back to
        artifact=None
        if live and one.status != "deployed"
        else manifest.artifact(target, one.manifest),
        commit=content.commit(template, one.chart.get("annotations") or {}, ""),
        description=clean(
            f"{one.chart.get('name')}-{one.chart.get('version')}: {one.description}", 80
        ),
        skip=None if live else skip,
        skip_reason="" if live else reason,
        facts={"stored": one},
    )


def main_image(text: str, names: Sequence[str]) -> str | None:
    """The image called like the release or its chart, else the only one. By its lines: parsing every old manifest takes seconds."""
    images = list(dict.fromkeys(_IMAGE.findall(text)))
    alike = [
        one for one in images if one.rpartition("/")[2].partition("@")[0].partition(":")[0] in names
    ]
    return alike[0] if alike else images[0] if len(images) == 1 else None


def _standing(one: Stored, abandoned: bool) -> tuple[Status, str | None, str]:
    if one.status.startswith(("pending", "uninstalling", "unknown")):
        return "failed", "unfinished", f"{one.status}: it never ended"
    if one.status == "failed" or _FAILED.search(one.description):
        return "failed", None, clean(one.description, 100)
    if abandoned:
        return "rolled-back-from", None, "was rolled back from"
    return "superseded", None, ""
