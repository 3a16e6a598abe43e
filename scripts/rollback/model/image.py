"""Names of images."""

from __future__ import annotations

import re

_COMMIT = re.compile(r"[0-9a-f]{7,40}")


def is_moving(image: str) -> bool:
    """Whether the tag names no version: latest, live, main, stable. Without a tag it is latest."""
    if "@" in image:
        return False
    tag = image.rpartition("/")[2].partition(":")[2]
    return not any(map(str.isdigit, tag)) and not _COMMIT.fullmatch(tag)
