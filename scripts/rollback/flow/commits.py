"""The commit of a release whose platform names none: that of the git tag of its version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec.structs import replace

from rollback.model import Release, Target
from rollback.model.image import is_moving
from rollback.settings.project import git

_FORMAT = "--format=%(refname:lstrip=2) %(objectname) %(*objectname)"


def named(
    project: Path, pairs: Sequence[tuple[Target, list[Release]]]
) -> list[tuple[Target, list[Release]]]:
    """Return targets and releases with the commits that this repository's tags tell.

    A tag of the part itself (web-1.4.2, web/v1.4.2, web@1.4.2) comes before one of the version.
    """
    releases = [release for _, rows in pairs for release in rows]
    if not any(release.version and not release.commit for release in releases):
        return list(pairs)
    tags = _tags(project)
    return [(target, [_named(target, row, tags) for row in rows]) for target, rows in pairs]


def _named(target: Target, release: Release, tags: Mapping[str, str]) -> Release:
    if release.commit or not release.version or is_moving(f"{target.app}:{release.version}"):
        return release
    names = [name for name in _names(target.app, release.version) if name in tags]
    return replace(release, commit=tags[names[0]]) if names else release


def _names(app: str, version: str) -> list[str]:
    versions = (version, f"v{version}")
    own = [f"{app}{mark}{name}" for mark in "-/@" for name in versions]
    return [*own, *versions]


def _tags(project: Path) -> dict[str, str]:
    """Return tag -> commit; an annotated tag is an object of its own that names its commit."""
    lines = (git(project, "for-each-ref", "refs/tags", _FORMAT) or "").splitlines()
    rows = [line.split(" ") for line in lines if line.count(" ") == 2]
    return {name: commit or object for name, object, commit in rows}
