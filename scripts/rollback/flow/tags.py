"""Image tags: whether going back to a release brings other bytes than the live release runs. Pure.

A name by digest is always the same bytes; a tag is whatever its registry holds under it now.
"""

from __future__ import annotations

from collections.abc import Iterator

from rollback.model import Finding, Release, Skipped
from rollback.model.image import is_moving


def against(release: Release, serving: Release) -> Skipped | None:
    """Doubt a release that names the images of the live one by a moving tag.

    Only where both are known to have run the same bytes is a difference in settings all there is.
    With an image under a tag of a version beside it, the settings may be what was released.
    """
    tagged = {image for image in release.images.values() if "@" not in image}
    if not tagged or not all(map(is_moving, tagged)) or release.images != serving.images:
        return None
    if _same_bytes(release, serving):
        return None
    moving = sorted(tagged)
    same = f"same tag as live, {', '.join(moving[:3])}"
    if name := next(_moved(release, serving), None):
        reason = f"{same}, which was {_short(release.digests[name])} then: a tag brings today's"
    else:
        reason = f"{same}: only settings differ"
    return Skipped(release.id, "same-content", reason)


def moved(release: Release, serving: Release) -> Iterator[Finding]:
    """Report tags that named other bytes when the release ran than the live release runs."""
    for name in _moved(release, serving):
        image, then, now = release.images[name], release.digests[name], serving.digests[name]
        message = (
            f"{image} was {_short(then)} when {release.label} ran, the live release runs"
            f" {_short(now)}: rolling back brings what the tag names now"
        )
        fix = f"push the old image as {image} again, or deploy it by its digest"
        yield Finding("warning", "tag-moved", message, f"{fix}: {then}" if "@" in then else fix)


def _moved(release: Release, serving: Release) -> Iterator[str]:
    """Yield the names of parts whose tag is the same and whose bytes are known to differ."""
    for name, image in release.images.items():
        same = "@" not in image and serving.images.get(name) == image
        if same and _compared(release, serving, name) is False:
            yield name


def _same_bytes(release: Release, serving: Release) -> bool:
    tagged = [name for name, image in release.images.items() if "@" not in image]
    return all(_compared(release, serving, name) for name in tagged)


def _compared(release: Release, serving: Release, name: str) -> bool | None:
    """Whether both ran the same bytes; None where that is not known.

    A digest of a registry and one of an image that was never pulled cannot be compared.
    """
    ran, runs = release.digests.get(name, ""), serving.digests.get(name, "")
    if not ran or not runs or ("@" in ran) != ("@" in runs):
        return None
    return ran.rpartition("@")[2] == runs.rpartition("@")[2]


def _short(image: str) -> str:
    return image.rpartition("@")[2][:19]  # sha256: and 12 digits
