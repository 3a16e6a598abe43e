"""Whether the tags of their images link the workloads of an application.

They do where one build makes all its images: the same tag, deployed at the same time. What is
never deployed again (a cache, a database) needs no part in that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rollback.clock import seconds_between
from rollback.model import Release
from rollback.model.image import is_moving

TOGETHER = 900  # seconds between the deployments of one release
Tags = dict[str, str]  # tag -> when it was deployed


def tag(release: Release) -> str | None:
    """Return the tag that names a version."""
    return None if is_moving(f"image:{release.version or ''}") else release.version


def link(histories: Mapping[str, Sequence[Release]]) -> bool:
    """Return True when each workload that was ever changed shares a tag with another one.

    The same tag at different times is another project's.
    """
    changed = [tags for releases in histories.values() if len(tags := _tags(releases)) > 1]
    return all(_fits(tags, [other for other in changed if other is not tags]) for tags in changed)


def _tags(releases: Sequence[Release]) -> Tags:
    deployed = [(tag(release), release.deployed_at) for release in releases]
    return {name: at for name, at in reversed(deployed) if name and at}


def _fits(tags: Tags, others: Sequence[Tags]) -> bool:
    shared = [(tags[name], other[name]) for other in others for name in tags if name in other]
    close = [abs(seconds_between(*times)) <= TOGETHER for times in shared]
    return not others or (any(close) and all(close))
